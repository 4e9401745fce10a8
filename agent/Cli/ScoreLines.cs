using System.Globalization;
using System.Text.Json;
using Tallyman.Agent.Model;
using Tallyman.Agent.Rules;
using Tallyman.Cli;
using Tallyman.Rendering;

namespace Tallyman.Agent.Cli;

/// <summary><c>score --jsonl</c>: a command line a line in, an answer a line out, in the same order.</summary>
internal static class ScoreLines
{
    /// <exception cref="UserException">A line is none; the message names it and the reason. The answers to those before it are written.</exception>
    public static int Run(RuleSet rules, string directory, TextReader input, TextWriter output)
    {
        int number = 0;
        while (input.ReadLine() is string line)
        {
            number++;
            if (string.IsNullOrWhiteSpace(line))
            {
                continue;
            }

            try
            {
                (Argv argv, string? cwd, string? executable) = Read(line);
                output.WriteLine(AlertJson.Write(Scorer.Answer(rules, argv, cwd ?? directory, executable)));
            }
            catch (Exception e) when (e is JsonException or FormatException or ArgumentException)
            {
                output.Flush();
                throw new UserException(ExitCode.BadData, string.Create(CultureInfo.InvariantCulture, $"line {number}: {SafeText.Escape(e.Message)}"));
            }
        }

        output.Flush();
        return ExitCode.Fine;
    }

    private static (Argv Argv, string? Directory, string? Executable) Read(string line)
    {
        using JsonDocument document = JsonDocument.Parse(line);
        JsonElement root = document.RootElement;
        if (root.ValueKind == JsonValueKind.Array)
        {
            return (ArgvOf(root), null, null);
        }

        if (root.ValueKind != JsonValueKind.Object)
        {
            throw new FormatException($"must be an array of strings or an object with argv, is {NameOf(root.ValueKind)}");
        }

        Argv? argv = null;
        string? directory = null;
        string? executable = null;
        foreach (JsonProperty property in root.EnumerateObject())
        {
            switch (property.Name)
            {
                case "argv":
                    argv = ArgvOf(property.Value);
                    break;
                case "cwd":
                    directory = TextOf(property);
                    break;
                case "exe":
                    executable = TextOf(property);
                    break;
                default:
                    throw new FormatException($"'{property.Name}' is not known; there are argv, cwd and exe");
            }
        }

        return (argv ?? throw new FormatException("argv is missing"), directory, executable);
    }

    private static Argv ArgvOf(JsonElement array)
    {
        if (array.ValueKind != JsonValueKind.Array)
        {
            throw new FormatException($"argv must be an array of strings, is {NameOf(array.ValueKind)}");
        }

        string[] words = new string[array.GetArrayLength()];
        int i = 0;
        foreach (JsonElement word in array.EnumerateArray())
        {
            words[i] = word.ValueKind == JsonValueKind.String
                ? word.GetString()!
                : throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"argument {i} must be a string, is {NameOf(word.ValueKind)}"));
            i++;
        }

        return Argv.Of(words);
    }

    private static string TextOf(JsonProperty property) => property.Value.ValueKind == JsonValueKind.String
        ? property.Value.GetString()!
        : throw new FormatException($"{property.Name} must be a string, is {NameOf(property.Value.ValueKind)}");

    private static string NameOf(JsonValueKind kind) => kind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        JsonValueKind.String => "a string",
        JsonValueKind.Number => "a number",
        JsonValueKind.Null => "null",
        _ => "true or false",
    };
}
