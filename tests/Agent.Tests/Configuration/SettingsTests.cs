using System.Text.RegularExpressions;
using Tallyman.Agent.Configuration;
using Tallyman.Agent.Suppression;
using Xunit;

namespace Tallyman.Agent.Tests.Configuration;

/// <summary>Code, schema, the shipped file and the documentation say the same of what can be set.</summary>
public sealed partial class SettingsTests
{
    private static readonly string Shipped = Repository.Path("packaging/etc/tallyman.yaml");

    [Fact]
    public void The_schema_in_the_repository_is_that_of_the_code()
    {
        string path = Repository.Path("packaging/etc/tallyman.schema.json");
        string schema = ConfigurationSchema.Text(ExceptionFile.Schema()) + "\n";
        if (Environment.GetEnvironmentVariable("GOLDEN") == "write")
        {
            File.WriteAllText(path, schema);
        }

        Assert.Equal(schema, File.ReadAllText(path));
    }

    [Fact]
    public void The_shipped_file_sets_nothing()
    {
        AgentConfiguration shipped = Read(File.ReadAllText(Shipped));
        Assert.Empty(shipped.Values);
        Assert.Empty(shipped.Exceptions);
    }

    [Fact]
    public void The_shipped_file_shows_each_setting_with_its_default()
    {
        string text = string.Join('\n', File.ReadAllLines(Shipped).Select(static line => Commented().Replace(line, "$1")).DistinctBy(static line => Key().Match(line) is { Success: true } key ? key.Value : Guid.NewGuid().ToString()));

        AgentConfiguration all = Read(text);

        Assert.All(Settings.All.Where(static setting => setting.DefaultText is not null), setting =>
            Assert.Equal(setting.DefaultText, setting.IsList ? $"[{string.Join(", ", all.Values[setting.Path].Texts)}]" : all.Values[setting.Path].Texts[0]));
        Assert.Equal(Settings.All.Select(static setting => setting.Path).Order(), all.Values.Keys.Order());
    }

    [Fact]
    public void What_has_effect_at_once_is_said_in_the_shipped_file()
    {
        string text = File.ReadAllText(Shipped);
        foreach (Setting setting in Settings.All.Where(static setting => setting.IsReloaded))
        {
            string above = text[..text.IndexOf($"#{setting.Path.Split('.')[^1]}:", StringComparison.Ordinal)];
            Assert.Contains("at once", above[above.LastIndexOf("\n\n", StringComparison.Ordinal)..], StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_documentation_has_a_row_for_each_setting()
    {
        string[] rows = [.. Settings.All.Select(static setting =>
            $"| `{setting.Path}` | `{setting.Flag}` | `{setting.Variable}` | {(setting.DefaultText is { Length: > 0 } value ? $"`{value}`" : "")} | {(setting.IsReloaded ? "at once" : "next start")} | {setting.Sentence.Replace("*.yaml", "`*.yaml`", StringComparison.Ordinal)} |")];
        string[] written = [.. File.ReadLines(Repository.Path("docs/configuration.md")).Where(static line => line.StartsWith("| `", StringComparison.Ordinal) && line.Contains("`TALLYMAN__", StringComparison.Ordinal))];
        Assert.Equal(rows, written);
    }

    private static AgentConfiguration Read(string text)
    {
        using var directory = new TemporaryDirectory();
        File.WriteAllText(directory.File("tallyman.yaml"), text);
        return new ConfigurationReader(ConfigurationPlaces.Of(directory.File("tallyman.yaml")), null, new Dictionary<string, Given>()).Read();
    }

    /// <summary>A setting that is commented out; prose has a blank behind the sign.</summary>
    [GeneratedRegex("^( *)#(?=[a-z_]+:)")]
    private static partial Regex Commented();

    [GeneratedRegex("^ *[a-z_]+:")]
    private static partial Regex Key();
}
