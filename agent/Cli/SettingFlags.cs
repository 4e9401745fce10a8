using System.Collections;
using System.CommandLine;
using System.CommandLine.Parsing;
using Tallyman.Agent.Configuration;
using Tallyman.Cli;

namespace Tallyman.Agent.Cli;

/// <summary>Settings as options of a command, and <c>--config</c> for the file where the others are.</summary>
internal sealed class SettingFlags
{
    private readonly Option<string?> _config = new("--config")
    {
        Description = $"The only file of settings, in the place of those in {ConfigurationPlaces.Vendor} and /etc/tallyman",
        HelpName = "FILE",
    };

    private readonly List<(Setting Setting, Option Option)> _options;

    public SettingFlags(params IEnumerable<Setting> settings)
    {
        _config.Validators.Add(CommandLineProgram.NameMustNotBeEmpty);
        _options = [.. settings.Select(static setting => (setting, OptionOf(setting)))];
    }

    public void AddTo(Command command)
    {
        command.Add(_config);
        foreach ((_, Option option) in _options)
        {
            command.Add(option);
        }
    }

    /// <summary>Reads all that is set, here and elsewhere.</summary>
    /// <returns>What reads it anew, when a file has changed.</returns>
    public ConfigurationReader ReaderOf(ParseResult parsed) => new(
        ConfigurationPlaces.Of(parsed.GetValue(_config) is string file ? Path.GetFullPath(file) : null),
        Environment.GetEnvironmentVariables(),
        _options
            .Where(each => parsed.GetResult(each.Option) is { Implicit: false })
            .ToDictionary(static each => each.Setting.Path, each => new Given([.. TextsOf(each.Setting, each.Option, parsed)], each.Setting.Flag)));

    private static Option OptionOf(Setting setting)
    {
        string sentence = setting.Kind is SizeKind ? $"{setting.Sentence}: {setting.Kind.MustBe}" : setting.Sentence;
        if (setting.Kind is SwitchKind)
        {
            return new Option<bool>(setting.Flag) { Description = sentence };
        }

        Option option = setting.IsList ? new Option<string[]>(setting.Flag) { Arity = ArgumentArity.OneOrMore } : new Option<string>(setting.Flag);
        option.Description = setting.IsList ? $"{sentence}; may be given several times"
            : setting.DefaultText is string value ? $"{sentence} [default: {value}]"
            : sentence;
        option.HelpName = setting.ValueName ?? string.Join('|', ((ChoiceKind)setting.Kind).Choices);
        option.Validators.Add(result => Check(setting, result));
        return option;
    }

    private static void Check(Setting setting, OptionResult result)
    {
        string[] texts = [.. result.Tokens.Select(token => TextOf(setting, token.Value))];
        if (setting.Kind is PathKind && texts is [""])
        {
            CommandLineProgram.NameMustNotBeEmpty(result);
        }
        else if (setting.Check(texts) is string mistake)
        {
            result.AddError($"{setting.Flag} {mistake}");
        }
    }

    private static string[] TextsOf(Setting setting, Option option, ParseResult parsed) => option switch
    {
        Option<string[]> texts => parsed.GetRequiredValue(texts),
        Option<string> text => [TextOf(setting, parsed.GetRequiredValue(text))],
        _ => [parsed.GetRequiredValue((Option<bool>)option) ? "true" : "false"],
    };

    /// <summary>On the command line a path may begin at the current directory.</summary>
    private static string TextOf(Setting setting, string text) => setting.Kind is PathKind && text.Length > 0 ? Path.GetFullPath(text) : text;
}
