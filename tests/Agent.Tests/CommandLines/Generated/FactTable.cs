namespace Tallyman.Agent.Tests.CommandLines.Generated;

/// <summary>A flag with one value, and the facts that it is; no value where it stands by itself.</summary>
internal sealed record UsePattern(string Flag, string? Value, IReadOnlyList<string> Facts);

/// <summary>Flags and positionals that mean something together.</summary>
/// <param name="AndMore">Further positionals change nothing.</param>
internal sealed record Scenario(IReadOnlyList<UsePattern> Flags, IReadOnlyList<string> Positionals, bool AndMore, IReadOnlyList<string> Facts);

/// <summary>
/// What a tool's flags and positionals mean in the view of the tests: the file TOOL.facts, written from what the tools' own
/// sources and answers say, not from what the product makes of them.
/// <code>
/// container run, container create     these commands; (root) is the tool itself, * all of them
///     --pid=host => HOST_PID          a value of a flag, and its facts; IMAGE(x) is the image
///     --privileged => PRIVILEGED      a switch that is on; off it is no fact
///     > web -u=0 ... => EXEC          what is a fact only together; "..." may be anything
///     first of --network --net        only the first use on a line counts
///     one of --net-host --cni         not both on one line: which of them wins is not told
/// </code>
/// $w is any word and $p any path, the same wherever it stands in the line; $_ is a space.
/// </summary>
internal sealed class FactTable
{
    private readonly Dictionary<(string Command, string Flag), List<UsePattern>> _uses = [];
    private readonly Dictionary<string, List<Scenario>> _scenarios = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Command, string Flag), (bool First, string[] Flags)> _groups = [];

    private FactTable()
    {
    }

    public static FactTable Load(string tool)
    {
        var table = new FactTable();
        string[] commands = [];
        foreach (string line in File.ReadLines(Repository.Path($"tests/Agent.Tests/CommandLines/Generated/{tool}.facts")))
        {
            if (line.Length == 0 || line[0] == '#')
            {
                continue;
            }

            if (line[0] != ' ')
            {
                commands = [.. line.Split(", ").Select(static name => name == "(root)" ? "" : name)];
                continue;
            }

            string[] sides = line.Trim().Split("=>", 2, StringSplitOptions.TrimEntries);
            table.Add(commands, sides[0].Split(' '), sides.Length == 1 ? [] : sides[1].Split(' ', StringSplitOptions.RemoveEmptyEntries));
        }

        return table;
    }

    /// <summary>What values a flag may have; empty where it means nothing, whatever it is.</summary>
    public IReadOnlyList<UsePattern> Of(FlagData flag) => _uses.GetValueOrDefault((flag.Owner, flag.Long)) ?? _uses.GetValueOrDefault(("*", flag.Long)) ?? [];

    public IReadOnlyList<Scenario> Of(CommandData command) => _scenarios.GetValueOrDefault(command.Path) ?? [];

    /// <summary>Flags that decide something together with this one, and how; no flags if it is alone.</summary>
    public (bool First, string[] Flags) GroupOf(FlagData flag) => _groups.GetValueOrDefault((flag.Owner, flag.Long), (false, []));

    /// <summary>Puts the same words for $w and $p into all the texts.</summary>
    public static Func<string, string> Filler(Random random)
    {
        string word = $"w{random.Next(1000)}";
        string path = random.Next(8) switch { 0 => "/", 1 => "/etc", 2 => "/var/run/docker.sock", int n => $"/srv/{word}/{n}" };
        return text => text.Contains('$') ? text.Replace("$w", word, StringComparison.Ordinal).Replace("$p", path, StringComparison.Ordinal).Replace("$_", " ", StringComparison.Ordinal) : text;
    }

    private void Add(string[] commands, string[] words, string[] facts)
    {
        if (words[0] is "first" or "one")
        {
            string[] group = [.. words[2..].Select(static word => word[2..])];
            foreach ((string command, string flag) in commands.SelectMany(command => group.Select(flag => (command, flag))))
            {
                _groups.Add((command, flag), (words[0] == "first", group));
            }

            return;
        }

        foreach (string command in commands)
        {
            if (words[0] == ">")
            {
                List(_scenarios, command).Add(new Scenario(
                    [.. words[1..].Where(IsFlag).Select(static word => PatternOf(word, []))], [.. words[1..].Where(static word => !IsFlag(word) && word != "...")], words[^1] == "...", facts));
            }
            else
            {
                UsePattern pattern = PatternOf(words[0], facts);
                List(_uses, (command, pattern.Flag)).Add(pattern);
            }
        }
    }

    private static bool IsFlag(string word) => word.StartsWith("--", StringComparison.Ordinal);

    private static UsePattern PatternOf(string word, string[] facts)
    {
        string[] sides = word[2..].Split('=', 2);
        return new UsePattern(sides[0], sides.Length == 1 ? null : sides[1], facts);
    }

    private static List<T> List<TKey, T>(Dictionary<TKey, List<T>> lists, TKey key)
        where TKey : notnull
    {
        if (!lists.TryGetValue(key, out List<T>? list))
        {
            lists.Add(key, list = []);
        }

        return list;
    }
}
