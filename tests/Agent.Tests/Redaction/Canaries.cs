using System.Globalization;
using System.Text;
using Tallyman.Agent.CommandLines;
using Tallyman.Agent.Model;
using Tallyman.Agent.Redaction;

namespace Tallyman.Agent.Tests.Redaction;

/// <summary>A command line with a secret in it that is in nothing else in the world.</summary>
internal sealed record Canary(string Secret, string[] Words);

/// <summary>
/// Command lines with secrets: every flag that carries one, of every command that has it, in every spelling; and the lines of
/// canaries.txt.
/// </summary>
internal static class Canaries
{
    public static IReadOnlyList<Canary> All { get; } = [.. Flags().Concat(Lines()).Select(static (words, i) => Plant(words, i))];

    /// <summary>No form of token, no word, and nothing that a shell or a list would take apart.</summary>
    private static Canary Plant(string[] words, int number)
    {
        string secret = string.Create(CultureInfo.InvariantCulture, $"cnry{number:d4}zq{number * 7919 % 9973:d4}vw");
        return new Canary(secret, [.. words.Select(word => word.Replace("@", secret, StringComparison.Ordinal).Replace('§', '@').Replace('¶', '\n'))]);
    }

    private static IEnumerable<string[]> Flags()
    {
        var rules = new SecretRules(File.ReadAllBytes(Repository.Path("agent/Redaction/secrets.json")));
        foreach (Tool tool in ToolNames.ContainerTools)
        {
            ToolSecrets secrets = rules.Of(tool)!;
            foreach (GrammarCommand command in Grammars.Of(tool).Commands.Where(static command => !command.IsGroup || command.Path.Length == 0))
            {
                foreach (GrammarFlag flag in command.Flags.Where(secrets.Flags.ContainsKey))
                {
                    string? value = ValueOf(secrets.Flags[flag]);
                    foreach (string[] spelling in value is null ? [] : Spellings(tool, flag, value))
                    {
                        yield return [tool.Name(), .. command.Path.Split(' ', StringSplitOptions.RemoveEmptyEntries), .. spelling, "x", "y"];
                    }
                }
            }
        }
    }

    private static string? ValueOf(SecretForm form) => form switch
    {
        SecretForm.Whole => "@",
        SecretForm.Pair or SecretForm.Variable => "NAME=@",
        SecretForm.UserPassword => "ann:@",
        SecretForm.Json => """{"data":{"a":"@"}}""",
        SecretForm.Instruction => "ENV A=@",
        SecretForm.PasswdEntry => "ann:@:0:0",
        SecretForm.DriverOption => "env.A=@",
        _ => null,
    };

    private static IEnumerable<string[]> Spellings(Tool tool, GrammarFlag flag, string value)
    {
        bool isUrfave = tool is Tool.Crictl or Tool.Ctr;
        yield return [$"--{flag.Long}={value}"];
        yield return [$"--{flag.Long}", value];
        yield return ["--no-such-flag", $"--{flag.Long}", value];
        if (isUrfave)
        {
            yield return [$"-{flag.Long}", value];
        }

        if (flag.Short != '\0')
        {
            yield return [$"-{flag.Short}", value];
            yield return [$"-{flag.Short}={value}"];
            if (!isUrfave)
            {
                yield return [$"-{flag.Short}{value}"];
            }
        }
    }

    private static IEnumerable<string[]> Lines() => File.ReadLines(Repository.Path("tests/Agent.Tests/Redaction/canaries.txt"))
        .Where(static line => line.Length > 0 && line[0] != '#')
        .Select(static line => ShellWords.Split(line).ToArray());

    /// <summary>The secret as it might get somewhere: as it is, and as the usual encodings make of it.</summary>
    public static IEnumerable<byte[]> Traces(string secret) =>
    [
        Encoding.UTF8.GetBytes(secret),
        Encoding.UTF8.GetBytes(Convert.ToHexString(Encoding.UTF8.GetBytes(secret))),
        Encoding.UTF8.GetBytes(Convert.ToHexStringLower(Encoding.UTF8.GetBytes(secret))),
        .. Enumerable.Range(0, 3).Select(shift => InBase64(secret, shift)),
    ];

    /// <summary>What of it is the same in base64 whatever stands around it, for one of its three positions.</summary>
    private static byte[] InBase64(string secret, int shift)
    {
        string text = Convert.ToBase64String([.. new byte[shift], .. Encoding.UTF8.GetBytes(secret)]);
        return Encoding.UTF8.GetBytes(text[4..(text.Length / 4 * 4 - 4)]);
    }
}
