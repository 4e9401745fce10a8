using System.Collections.Immutable;
using System.Globalization;
using Tallyman.Agent.Model;
using Tallyman.Agent.Yaml;

namespace Tallyman.Agent.Rules;

/// <summary>Reads a rule file; README.md beside the files explains the keys.</summary>
public static class RuleFile
{
    private static readonly ImmutableArray<string> Components = ["priv", "mount", "exec", "secrets", "escape"];
    private static readonly ImmutableArray<string> Tools = [.. Enum.GetValues<Tool>().Select(static tool => tool.Name())];

    /// <param name="name">Of the file, for messages.</param>
    /// <exception cref="RuleFileException">The file says something that no rule file may; the message names line, value and bound.</exception>
    public static RuleSet Read(TextReader text, string name) => Read(text, name, []);

    /// <summary>Reads the rules of a site, which may raise what those that come with the program raise, and more.</summary>
    /// <exception cref="RuleFileException">As above.</exception>
    public static RuleSet ReadSite(TextReader text, string name, RuleSet shipped) => Read(text, name, shipped.Indicators);

    private static RuleSet Read(TextReader text, string name, ImmutableArray<string> known)
    {
        try
        {
            return Read(YamlReader.Read(text), known);
        }
        catch (YamlException e)
        {
            throw new RuleFileException(string.Create(CultureInfo.InvariantCulture, $"{name}:{e.Line}: {e.Message}"));
        }
    }

    /// <param name="known">Indicators that there are already; the file need not have any then.</param>
    private static RuleSet Read(YamlNode? node, ImmutableArray<string> known)
    {
        YamlMapping root = Mapping(node ?? throw new YamlException(1, "the file is empty"), "profile", "tools", "risk_needs_word", "of_dry_runs", "indicators", "rules");
        YamlMapping indicators = known.IsEmpty ? Mapping(Required(root, "indicators"))
            : root.Find("indicators") is YamlNode own ? Mapping(own)
            : new YamlMapping(root.Line, []);
        ImmutableArray<string> ids = [.. known, .. indicators.Entries.Select(static entry => entry.Key.Text)];
        return new RuleSet(Text(Required(root, "profile")), ids, [.. Items(Required(root, "rules")).Select(item => ReadRule(item, ids))])
        {
            Sentences = indicators.Entries.ToImmutableDictionary(static entry => entry.Key.Text, static entry => Text(entry.Value)),
            Tools = root.Find("tools") is YamlNode tools ? [.. Items(tools).Select(ToolOf)] : [],
            RiskNeedsWord = Texts(root.Find("risk_needs_word")),
            OfDryRuns = root.Find("of_dry_runs") is YamlNode counting ? [.. Items(counting).Select(item => OneOf(item, ids))] : [],
        };
    }

    private static Rule ReadRule(YamlNode node, ImmutableArray<string> indicators)
    {
        YamlMapping rule = Mapping(
            node, ["raise", "fact", "tool", "command", "value", "path", "risk", "fires", "silent", .. Components]);
        string indicator = OneOf(Required(rule, "raise"), [.. indicators, Rule.Nothing]);
        string[] components = [.. Components.Where(component => rule.Find(component) is not null)];
        if (components.Length > 1)
        {
            throw new YamlException(rule.Line, $"a rule raises one part of suspicion_score at most, here are {string.Join(" and ", components)}");
        }

        return new Rule(indicator)
        {
            Facts = [.. Items(Required(rule, "fact")).Select(static fact =>
                FactNames.Find(Text(fact)) ?? throw new YamlException(fact.Line, $"there is no fact {Text(fact)}"))],
            Conditions = [.. ConditionsOf(rule)],
            Risk = rule.Find("risk") is YamlNode risk ? Number(risk, 1, 100) : 0,
            Component = components is [string component] ? (Component)(Components.IndexOf(component) + 1) : Component.None,
            Weight = components is [string weight] ? Number(rule.Find(weight)!, 1, 10) : 0,
            Fires = Texts(rule.Find("fires")),
            Silent = Texts(rule.Find("silent")),
        };
    }

    private static IEnumerable<Condition> ConditionsOf(YamlMapping rule)
    {
        if (rule.Find("tool") is YamlNode tool)
        {
            yield return new ToolIs([.. Items(tool).Select(ToolOf)]);
        }

        if (rule.Find("command") is YamlNode command)
        {
            yield return new CommandIs(Texts(command));
        }

        if (rule.Find("value") is YamlNode value)
        {
            foreach ((YamlScalar question, YamlNode answer) in Mapping(value, "is", "starts", "starts_not", "holds", "ends").Entries)
            {
                ImmutableArray<string> texts = Texts(answer);
                yield return question.Text switch
                {
                    "is" => new ValueIs(texts),
                    "starts" => new ValueStarts(texts),
                    "starts_not" => new ValueStartsNot(texts),
                    "holds" => new ValueHolds(texts),
                    _ => new ValueEnds(texts),
                };
            }
        }

        if (rule.Find("path") is YamlNode path)
        {
            foreach ((YamlScalar question, YamlNode answer) in Mapping(path, "is", "under", "above", "in").Entries)
            {
                yield return question.Text switch
                {
                    "is" => new PathIs(PathsOf(answer)),
                    "under" => new PathUnder(PathsOf(answer)),
                    "above" => new PathAbove(PathsOf(answer)),
                    _ => InMount(answer),
                };
            }
        }
    }

    private static PathInMount InMount(YamlNode answer)
    {
        OneOf(answer, ["mount"]);
        return new PathInMount();
    }

    private static Tool ToolOf(YamlNode node) => (Tool)Tools.IndexOf(OneOf(node, Tools));

    private static ImmutableArray<PathPattern> PathsOf(YamlNode answer) => [.. Items(answer).Select(static node =>
    {
        string path = Text(node);
        return path is ['/', ..] && (path.Length == 1 || path[^1] != '/')
            ? new PathPattern(path)
            : throw new YamlException(node.Line, $"a path must be absolute and not end in a slash, is '{path}'");
    })];

    private static YamlMapping Mapping(YamlNode node, params ReadOnlySpan<string> keys)
    {
        YamlMapping mapping = node as YamlMapping ?? throw new YamlException(node.Line, "keys and values are expected");
        foreach (KeyValuePair<YamlScalar, YamlNode> entry in mapping.Entries)
        {
            if (!keys.IsEmpty && !keys.Contains(entry.Key.Text))
            {
                throw new YamlException(entry.Key.Line, $"the key {entry.Key.Text} is not known; there are {string.Join(", ", keys!)}");
            }
        }

        return mapping;
    }

    private static YamlNode Required(YamlMapping mapping, string key) =>
        mapping.Find(key) ?? throw new YamlException(mapping.Line, $"the key {key} is missing");

    /// <summary>The items of a list, or the one value that stands for a list of one.</summary>
    private static IReadOnlyList<YamlNode> Items(YamlNode node) => node is YamlSequence list ? list.Items : [node];

    private static string Text(YamlNode node) => (node as YamlScalar ?? throw new YamlException(node.Line, "a text is expected")).Text;

    private static ImmutableArray<string> Texts(YamlNode? node) => node is null ? [] : [.. Items(node).Select(Text)];

    private static string OneOf(YamlNode node, ImmutableArray<string> allowed)
    {
        string text = Text(node);
        return allowed.Contains(text) ? text : throw new YamlException(node.Line, $"must be one of {string.Join(", ", allowed)}, is '{text}'");
    }

    private static int Number(YamlNode node, int least, int most)
    {
        string text = Text(node);
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= least && number <= most
            ? number
            : throw new YamlException(node.Line, $"must be {least} to {most}, is '{text}'");
    }
}

/// <summary>A rule file cannot be used; the message is for the person who wrote it.</summary>
public sealed class RuleFileException(string message) : Exception(message);
