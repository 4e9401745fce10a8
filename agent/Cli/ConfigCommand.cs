using System.CommandLine;
using Tallyman.Agent.Configuration;
using Tallyman.Agent.Suppression;
using Tallyman.Cli;
using Tallyman.Rendering;

namespace Tallyman.Agent.Cli;

/// <summary><c>config</c>: what is set, where, and what may be.</summary>
internal sealed class ConfigCommand : Command
{
    public ConfigCommand()
        : base("config", "Look at what is configured")
    {
        Add(new ConfigShowCommand());
        Add(new ConfigSchemaCommand());
    }
}

/// <summary><c>config show</c>.</summary>
internal sealed class ConfigShowCommand : Command, ICommandWithExamples
{
    private readonly SettingFlags _settings = new(Settings.All);
    private readonly Option<bool> _origin = new("--origin") { Description = "Say behind each value where it comes from: file and line, variable, flag or default" };

    public ConfigShowCommand()
        : base("show", "Print what is in force, as a file of settings; all that is wrong, if something is")
    {
        _settings.AddTo(this);
        Add(_origin);
        SetAction(Run);
    }

    public IReadOnlyList<string> Examples => ["tallyman config show --origin", "TALLYMAN__PROFILE=published tallyman config show --origin --config ./tallyman.yaml"];

    private void Run(ParseResult parsed)
    {
        AgentConfiguration configuration = _settings.ReaderOf(parsed).Read();
        var settings = AgentSettings.Of(configuration);
        bool withOrigin = parsed.GetValue(_origin);
        string level = "";
        foreach (Setting setting in Settings.All.OrderBy(static setting => setting.Path, StringComparer.Ordinal))
        {
            int dot = setting.Path.LastIndexOf('.');
            string above = dot < 0 ? "" : setting.Path[..dot];
            if (above != level && above.Length > 0)
            {
                Console.WriteLine($"{above}:");
            }

            level = above;
            string line = $"{(above.Length > 0 ? "  " : "")}{setting.Path[(dot + 1)..]}: {TextOf(configuration, setting)}";
            Console.WriteLine(withOrigin ? $"{line,-48} # {configuration.OriginOf(setting)}" : line);
        }

        if (withOrigin)
        {
            foreach (AlertException exception in settings.Exceptions.Exceptions)
            {
                Console.WriteLine($"# exception {SafeText.Escape(exception.ToString())}");
            }
        }
    }

    private static string TextOf(AgentConfiguration configuration, Setting setting)
    {
        IReadOnlyList<string>? texts = configuration.Values.GetValueOrDefault(setting.Path)?.Texts;
        return setting.IsList ? $"[{string.Join(", ", (texts ?? []).Select(Quote))}]"
            : texts is [string text] ? Quote(text)
            : setting.DefaultText ?? "# not set";
    }

    /// <summary>As YAML takes it for a text, whatever is in it.</summary>
    private static string Quote(string text) =>
        text.All(static c => char.IsAsciiLetterOrDigit(c) || c is '/' or '.' or '-' or '_') ? text : $"'{SafeText.Escape(text).Replace("'", "''", StringComparison.Ordinal)}'";
}

/// <summary><c>config schema</c>.</summary>
internal sealed class ConfigSchemaCommand : Command, ICommandWithExamples
{
    public ConfigSchemaCommand()
        : base("schema", "Print the JSON Schema of files of settings, for editors")
    {
        SetAction(static _ => Console.WriteLine(ConfigurationSchema.Text(ExceptionFile.Schema())));
    }

    public IReadOnlyList<string> Examples => ["tallyman config schema > tallyman.schema.json"];
}
