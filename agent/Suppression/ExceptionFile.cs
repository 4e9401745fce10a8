using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;
using Tallyman.Agent.Model;
using Tallyman.Agent.Yaml;
using Tallyman.Rendering;

namespace Tallyman.Agent.Suppression;

/// <summary>Reads the entries under <c>exceptions:</c>.</summary>
internal static class ExceptionFile
{
    /// <summary>What alerts can be asked for, with what they answer. Names are those of alerts in JSON where there are any.</summary>
    public static readonly ImmutableSortedDictionary<string, Func<Alert, IEnumerable<string?>>> Questions = new Dictionary<string, Func<Alert, IEnumerable<string?>>>
    {
        ["tool"] = static alert => [alert.Invocation.Tool.Name()],
        ["command"] = static alert => [alert.Invocation.Command],
        ["image"] = static alert => [alert.Invocation.Image],
        ["user"] = static alert => [Number(alert.Exec.Uid)],
        ["loginuid"] = static alert => [Number(alert.Exec.LoginUid)],
        ["cgroup"] = static alert => [alert.Exec.Cgroup.ToString()],
        ["cwd"] = static alert => [alert.Exec.Directory.ToString()],
        ["executable"] = static alert => [alert.Exec.Executable.ToString()],
        ["manifest"] = static alert => alert.Invocation.Manifests.Select(manifest => Absolute(alert, manifest.Name)),
    }.ToImmutableSortedDictionary(StringComparer.Ordinal);

    public const string Indicators = "indicators";

    private static readonly ImmutableArray<string> Severities = ["MEDIUM", "HIGH"];
    private static readonly ImmutableArray<string> Keys = ["name", "match", "effect", "until", "reason", "owner"];

    private static readonly Dictionary<string, string> Meanings = new()
    {
        ["name"] = "what it is called in counts and in alerts",
        ["effect"] = "suppress, lower to MEDIUM, or lower to HIGH",
        ["until"] = "the day from which on it holds no more, like 2027-01-31, or never",
        ["reason"] = "why these alerts are expected",
        ["owner"] = "who answers for it",
    };

    /// <summary>The JSON Schema of an entry.</summary>
    public static JsonObject Schema()
    {
        static JsonObject Texts() => new()
        {
            ["oneOf"] = new JsonArray(
                new JsonObject { ["type"] = "string", ["minLength"] = 1 },
                new JsonObject { ["type"] = "integer" },
                new JsonObject { ["type"] = "array", ["minItems"] = 1, ["items"] = new JsonObject { ["type"] = new JsonArray("string", "integer") } }),
        };
        static JsonObject Text(string description) => new() { ["type"] = "string", ["minLength"] = 1, ["description"] = description };
        return new JsonObject
        {
            ["type"] = "object",
            ["additionalProperties"] = false,
            ["required"] = new JsonArray([.. Keys.Select(static key => (JsonNode)key)]),
            ["properties"] = new JsonObject
            {
                ["name"] = Text(Meanings["name"]),
                ["match"] = new JsonObject
                {
                    ["type"] = "object",
                    ["additionalProperties"] = false,
                    ["minProperties"] = 1,
                    ["properties"] = new JsonObject([.. Questions.Keys.Append(Indicators).Select(static key => KeyValuePair.Create<string, JsonNode?>(key, Texts()))]),
                },
                ["effect"] = new JsonObject { ["enum"] = new JsonArray(["suppress", .. Severities.Select(static severity => (JsonNode)$"lower to {severity}")]) },
                ["until"] = new JsonObject { ["type"] = "string", ["pattern"] = "^([0-9]{4}-[0-9]{2}-[0-9]{2}|never)$", ["description"] = Meanings["until"] },
                ["reason"] = Text(Meanings["reason"]),
                ["owner"] = Text(Meanings["owner"]),
            },
        };
    }

    /// <param name="knownIndicators">Of the rules in use.</param>
    /// <param name="errors">What is wrong is added to it, with file:line.</param>
    /// <returns>Null if something is wrong.</returns>
    public static AlertException? Read(YamlNode node, string file, IReadOnlyCollection<string> knownIndicators, List<string> errors)
    {
        int before = errors.Count;
        void Complain(YamlNode at, string what) => errors.Add(string.Create(CultureInfo.InvariantCulture, $"{file}:{at.Line}: {SafeText.Escape(what)}"));

        if (node is not YamlMapping entry)
        {
            Complain(node, $"an exception has the keys {string.Join(", ", Keys)}");
            return null;
        }

        foreach ((YamlScalar key, _) in entry.Entries.Where(static each => !Keys.Contains(each.Key.Text)))
        {
            Complain(key, $"an exception has no {key.Text}; it has {string.Join(", ", Keys)}");
        }

        string Text(string key)
        {
            if (entry.Find(key) is YamlScalar { Text.Length: > 0 } text)
            {
                return text.Text;
            }

            Complain(entry, $"an exception must have {key}: {Meanings[key]}");
            return "";
        }

        string name = Text("name");
        string reason = Text("reason");
        string owner = Text("owner");
        DateOnly? until = null;
        if (Text("until") is { Length: > 0 } day && day != "never")
        {
            if (DateOnly.TryParseExact(day, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out DateOnly date))
            {
                until = date;
            }
            else
            {
                Complain(entry.Find("until")!, $"until must be a day like 2027-01-31, or never, is '{day}'");
            }
        }

        Severity? lowerTo = null;
        string effect = Text("effect");
        if (effect.StartsWith("lower to ", StringComparison.Ordinal) && Severities.Contains(effect["lower to ".Length..]))
        {
            lowerTo = Enum.Parse<Severity>(effect["lower to ".Length..], ignoreCase: true);
        }
        else if (effect is not ("" or "suppress"))
        {
            Complain(entry.Find("effect")!, $"effect must be suppress, lower to MEDIUM, or lower to HIGH, is '{effect}'");
        }

        ImmutableArray<ExceptionCondition> conditions = [.. ConditionsOf(entry, knownIndicators, Complain)];
        return errors.Count == before
            ? new AlertException(name, conditions, lowerTo, until, reason, owner, string.Create(CultureInfo.InvariantCulture, $"{file}:{entry.Line}"))
            : null;
    }

    private static IEnumerable<ExceptionCondition> ConditionsOf(YamlMapping entry, IReadOnlyCollection<string> knownIndicators, Action<YamlNode, string> complain)
    {
        if (entry.Find("match") is not YamlMapping { Entries.Count: > 0 } match)
        {
            complain(entry, $"an exception must have match: at least one of {Indicators}, {string.Join(", ", Questions.Keys)}");
            yield break;
        }

        foreach ((YamlScalar key, YamlNode value) in match.Entries)
        {
            IReadOnlyList<YamlNode> items = value is YamlSequence list ? list.Items : [value];
            ImmutableArray<string> texts = [.. items.OfType<YamlScalar>().Select(static item => item.Text).Where(static text => text.Length > 0)];
            if (texts.Length < items.Count || texts.IsEmpty)
            {
                complain(value, $"{key.Text} must be a text or a list of texts, none of them empty");
            }
            else if (key.Text == Indicators)
            {
                foreach (YamlScalar unknown in items.Cast<YamlScalar>().Where(item => !knownIndicators.Contains(item.Text)))
                {
                    complain(unknown, $"there is no indicator {unknown.Text}; \"tallyman rules list\" has all");
                }

                yield return new IndicatorsAreOf(texts);
            }
            else if (Questions.TryGetValue(key.Text, out Func<Alert, IEnumerable<string?>>? question))
            {
                yield return new FactFits(key.Text, texts, question);
            }
            else
            {
                complain(key, $"alerts cannot be matched by {key.Text}; they can by {Indicators}, {string.Join(", ", Questions.Keys)}");
            }
        }
    }

    private static string? Number(uint? number) => number?.ToString(CultureInfo.InvariantCulture);

    private static string Absolute(Alert alert, string path) =>
        path.StartsWith('/') || path.Contains("://", StringComparison.Ordinal) ? path : Path.GetFullPath(path, "/" + alert.Exec.Directory.ToString().TrimStart('/'));
}
