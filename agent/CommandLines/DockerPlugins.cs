using System.Runtime.InteropServices;

namespace Tallyman.Agent.CommandLines;

/// <summary>
/// docker's plugins, which are programs of their own: docker starts "docker-compose compose up" for "docker compose up",
/// and people start "docker-compose up".
/// </summary>
internal static class DockerPlugins
{
    public static void Read(ParsedCommandLine line, Grammar grammar, string plugin, int from)
    {
        // As a plugin its argv is docker's own, with the plugin's word in it.
        var asPlugin = new ParsedCommandLine(line.Argv, grammar.Root);
        CobraCommands.ReadParsingRoot(asPlugin, grammar, from);
        if (asPlugin.Command.Path.Split(' ')[0] == plugin)
        {
            CobraCommands.ReadParsingRoot(line, grammar, from);
            return;
        }

        line.Command = grammar.Commands.Single(command => command.Path == plugin);
        (List<int> flagsOfDocker, List<int> rest) = plugin == "compose" ? Separate(line, grammar.Root, from) : ([], [.. Enumerable.Range(from, Math.Max(0, line.Argv.Count - from))]);
        var docker = new ParsedCommandLine(line.Argv, grammar.Root);
        Pflag.Read(docker, CollectionsMarshal.AsSpan(flagsOfDocker), grammar.Root, stops: false);
        line.AdoptFlags(docker);
        CobraCommands.Traverse(line, grammar, CollectionsMarshal.AsSpan(rest));
    }

    /// <summary>docker-compose by itself takes docker's own flags too, as long as no word has come.</summary>
    private static (List<int> OfDocker, List<int> OfPlugin) Separate(ParsedCommandLine line, GrammarCommand docker, int from)
    {
        var flags = new List<int>();
        var rest = new List<int>();
        for (int arg = from; arg < line.Argv.Count; arg++)
        {
            ReadOnlySpan<byte> text = line.Argv[arg];
            if (text is not [(byte)'-', ..])
            {
                rest.AddRange(Enumerable.Range(arg, line.Argv.Count - arg));
                break;
            }

            GrammarFlag? flag = text.SequenceEqual("-D"u8) || text.SequenceEqual("-H"u8) ? docker.Short(text[1]) : LongIn(docker, text);
            if (flag is null or { Long: "config" or "help" or "version" })
            {
                rest.Add(arg);
                continue;
            }

            flags.Add(arg);
            if (flag.Value == FlagValue.Required && !text.Contains((byte)'=') && arg + 1 < line.Argv.Count)
            {
                flags.Add(++arg);
            }
        }

        return (flags, rest);
    }

    private static GrammarFlag? LongIn(GrammarCommand command, ReadOnlySpan<byte> text)
    {
        int equals = text.IndexOf((byte)'=');
        return text is [(byte)'-', (byte)'-', ..] ? command.Long(text[2..(equals < 0 ? text.Length : equals)]) : null;
    }
}
