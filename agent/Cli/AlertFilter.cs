using System.CommandLine;
using System.CommandLine.Parsing;
using Tallyman.Agent.Suppression;
using Tallyman.Cli;
using Tallyman.V1;

namespace Tallyman.Agent.Cli;

/// <summary>Options that say which alerts are wanted: all that fit each of them.</summary>
internal sealed class AlertFilter
{
    private static readonly string[] Severities = ["medium", "high", "critical"];

    private readonly Option<string?> _severity = new("--min-severity") { Description = "At least that severe", HelpName = string.Join('|', Severities) };
    private readonly Option<string?> _tool = new("--tool") { Description = "Of this tool: docker, kubectl and so on", HelpName = "TOOL" };
    private readonly Option<string?> _indicator = new("--indicator") { Description = "With this indicator, as \"tallyman rules list\" names it", HelpName = "INDICATOR" };
    private readonly Option<string?> _user = new("--user") { Description = "By this user or login: a name or a number", HelpName = "USER" };
    private readonly Option<string?> _host = new("--host") { Description = "On this host, where a log has several; * and ? stand for any characters and any one", HelpName = "HOST" };
    private readonly Option<bool> _isNew = new("--new") { Description = "Only what was not seen before" };

    public AlertFilter()
    {
        _severity.Validators.Add(static result =>
        {
            if (result.Tokens is [{ Value: string given }] && !Severities.Contains(given, StringComparer.OrdinalIgnoreCase))
            {
                result.AddError($"--min-severity must be medium, high or critical, is '{given}'");
            }
        });
    }

    public void AddTo(Command command)
    {
        foreach (Option option in new Option[] { _severity, _tool, _indicator, _user, _host, _isNew })
        {
            command.Add(option);
        }
    }

    public Func<Alert, bool> In(ParseResult parsed)
    {
        Severity least = parsed.GetValue(_severity) is string severity ? Enum.Parse<Severity>(severity, ignoreCase: true) : Severity.Unspecified;
        string? tool = parsed.GetValue(_tool);
        string? indicator = parsed.GetValue(_indicator)?.ToUpperInvariant();
        string? user = parsed.GetValue(_user);
        Glob? host = parsed.GetValue(_host) is string pattern ? new Glob(pattern) : null;
        bool isNew = parsed.GetValue(_isNew);
        return alert => alert.Scores.Severity >= least
            && (tool is null || alert.CommandLine.Tool == tool)
            && (indicator is null || alert.Indicators.Any(each => each.Id == indicator))
            && (user is null || UsersOf(alert.Process).Contains(user))
            && (host is null || host.Fits(alert.Host.Name))
            && (!isNew || alert.Seen is { Times: 1 });
    }

    private static IEnumerable<string> UsersOf(Process process)
    {
        yield return Number(process.Uid);
        yield return process.User;
        yield return process.LoginUser;
        if (process.HasLoginuid)
        {
            yield return Number(process.Loginuid);
        }

        static string Number(uint id) => id.ToString(System.Globalization.CultureInfo.InvariantCulture);
    }
}
