using System.Collections.Immutable;
using System.Globalization;
using Tallyman.Agent.Yaml;
using Tallyman.Cli;
using Tallyman.Rendering;

namespace Tallyman.Agent.Configuration;

/// <summary>Reads a file of settings. It goes on behind a mistake, so that all of them are told at once.</summary>
internal sealed class ConfigurationFile(string path, List<string> errors)
{
    public const string ExceptionsKey = "exceptions";

    private readonly Dictionary<string, Given> _values = [];
    private readonly List<GivenException> _exceptions = [];

    /// <returns>What it sets, as far as that is what it may be.</returns>
    public (IReadOnlyDictionary<string, Given> Values, IReadOnlyList<GivenException> Exceptions) Read()
    {
        try
        {
            if (YamlReader.Read(new StreamReader(new MemoryStream(YamlFile.Read(path)))) is YamlNode root)
            {
                ReadLevel(root, "");
            }
        }
        catch (YamlException e)
        {
            Complain(e.Line, SafeText.Escape(e.Message));
        }
        catch (IOException e)
        {
            errors.Add(SafeText.Escape(e.Message));
        }

        return (_values, _exceptions);
    }

    private void ReadLevel(YamlNode node, string above)
    {
        if (IsEmpty(node))
        {
            return; // all of it is commented out
        }

        if (node is not YamlMapping level)
        {
            Complain(node.Line, $"{(above.Length == 0 ? "the file" : above.TrimEnd('.'))} must have keys and values, like {KeysBelow(above).First()}: …");
            return;
        }

        foreach ((YamlScalar key, YamlNode value) in level.Entries)
        {
            string name = above + key.Text;
            if (Settings.Find(name) is Setting setting)
            {
                ReadValue(setting, value);
            }
            else if (name == ExceptionsKey)
            {
                ReadExceptions(value);
            }
            else if (KeysBelow(name + ".").Any())
            {
                ReadLevel(value, name + ".");
            }
            else
            {
                Complain(key.Line, $"there is no setting {SafeText.Escape(name)}{DidYouMean.Of(name, [.. Settings.All.Select(static each => each.Path), ExceptionsKey])}");
            }
        }
    }

    private void ReadValue(Setting setting, YamlNode value)
    {
        IReadOnlyList<YamlNode> items = value is YamlSequence list && setting.IsList ? list.Items : [value];
        if (items.All(static item => item is YamlScalar))
        {
            ImmutableArray<string> texts = [.. items.Cast<YamlScalar>().Select(static item => item.Text)];
            if (setting.Check(texts) is string mistake)
            {
                Complain(value.Line, $"{setting.Path} {SafeText.Escape(mistake)}");
            }
            else
            {
                _values[setting.Path] = new Given(texts, At(value.Line));
            }
        }
        else
        {
            Complain(value.Line, $"{setting.Path} must be {(setting.IsList ? "a list, each " : "")}{setting.Kind.MustBe}");
        }
    }

    private void ReadExceptions(YamlNode value)
    {
        if (value is YamlSequence list)
        {
            _exceptions.AddRange(list.Items.Select(item => new GivenException(item, path)));
        }
        else if (!IsEmpty(value))
        {
            Complain(value.Line, $"{ExceptionsKey} must be a list");
        }
    }

    private static bool IsEmpty(YamlNode node) => node is YamlScalar { IsPlain: true, Text: "" };

    private static IEnumerable<string> KeysBelow(string above) =>
        Settings.All.Select(static each => each.Path).Where(each => each.StartsWith(above, StringComparison.Ordinal)).Select(each => each[above.Length..].Split('.')[0]);

    private void Complain(int line, string what) => errors.Add($"{At(line)}: {what}");

    private string At(int line) => string.Create(CultureInfo.InvariantCulture, $"{path}:{line}");
}
