using System.CommandLine;
using Tallyman.Agent.Configuration;
using Tallyman.Agent.Rules;
using Tallyman.Agent.Spool;
using Tallyman.Cli;
using Tallyman.Rendering;
using Tallyman.V1;

namespace Tallyman.Agent.Cli;

/// <summary><c>explain</c>: why there is an alert, who is behind it, and what can be done.</summary>
internal sealed class ExplainCommand : Command, ICommandWithExamples
{
    private readonly Argument<string> _alert = new("alert")
    {
        Description = "The id of an alert that the running agent remembers or that waits for a collector; or a file of alerts in JSON, one a line; - is standard input",
        HelpName = "ALERT",
    };

    private readonly SettingFlags _settings = new(RulesCommand.Settings);
    private readonly AgentOption _state = new();

    public ExplainCommand()
        : base("explain", "Tell why there is an alert, who is behind it, and what to do if it is expected")
    {
        Add(_alert);
        _settings.AddTo(this);
        Add(_state);
        SetAction(RunAsync);
    }

    public IReadOnlyList<string> Examples =>
    [
        "tallyman explain q6bzx3k2c5i4a7wq3m2jv5hntu",
        "tallyman tail --json --last 1 --once | tallyman explain -",
        "tallyman-collector export --format json | tallyman explain - | less",
    ];

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancel)
    {
        RuleSet rules = RulesCommand.Load(_settings, parsed);
        string given = parsed.GetRequiredValue(_alert);
        IEnumerable<Alert> alerts = given == AlertFile.StandardInput || Path.Exists(given) || given.Contains('/', StringComparison.Ordinal)
            ? AlertFile.Read(given)
            : [await FindAsync(given, parsed, cancel)];
        bool isFirst = true;
        foreach (Alert alert in alerts)
        {
            Console.Write((isFirst ? "" : "\n") + ExplainText.Write(alert, rules, TimeProvider.System.GetUtcNow(), Terminal.Width, Terminal.WantsColour));
            isFirst = false;
        }

        return isFirst ? throw new UserException(ExitCode.BadData, $"there is no alert in {SafeText.Escape(given)}") : ExitCode.Fine;
    }

    /// <exception cref="UserException">Nobody here knows it.</exception>
    private async Task<Alert> FindAsync(string id, ParseResult parsed, CancellationToken cancel)
    {
        string why = "";
        try
        {
            await foreach (Batch batch in (await new LocalAgent(_state.SocketIn(parsed), ExitCode.Unavailable).ListenAsync(cancel)).ReadAllAsync(cancel))
            {
                if (batch.Records is [{ Alert: Alert alert }] && string.Equals(alert.Id, id, StringComparison.OrdinalIgnoreCase))
                {
                    return alert;
                }

                if (batch.Records.Count == 0)
                {
                    break; // those that it remembers
                }
            }
        }
        catch (UserException e)
        {
            why = $" ({e.Message})";
        }

        Alert? waiting = null;
        string state = parsed.GetValue(_state) ?? StateOption.Default;
        if (File.Exists(Path.Combine(state, SpoolDirectory.FileName)))
        {
            SpoolCommand.With(state, spool => waiting = spool.Records().Select(static record => record.Parse()?.Alert).FirstOrDefault(alert => string.Equals(alert?.Id, id, StringComparison.OrdinalIgnoreCase)));
        }

        return waiting ?? throw new UserException(
            ExitCode.Unavailable,
            $"no alert {SafeText.Escape(id)} is among the last 100 of this host's agent or in its spool{why}: collectors have the others (tallyman-collector export --format json | grep {SafeText.Escape(id)} | tallyman explain -); what indicators mean tells \"tallyman rules explain\"");
    }
}
