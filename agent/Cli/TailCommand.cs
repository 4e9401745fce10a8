using System.CommandLine;
using System.Globalization;
using System.Threading.Channels;
using Tallyman.Agent.Alerts;
using Tallyman.Cli;
using Tallyman.Rendering;
using Tallyman.V1;

namespace Tallyman.Agent.Cli;

/// <summary><c>tail</c>: alerts of the agent that runs on this host, as they come.</summary>
internal sealed class TailCommand : Command, ICommandWithExamples
{
    private readonly Option<bool> _json = new("--json") { Description = "Print alerts in JSON, one a line" };
    private readonly Option<int> _last = new("--last", "-n") { Description = "How many of the last ones to begin with, at most 100", HelpName = "N", DefaultValueFactory = static _ => 10 };
    private readonly Option<bool> _once = new("--once") { Description = "End with the last ones, and wait for no more" };
    private readonly AlertFilter _filter = new();
    private readonly AgentOption _state = new();

    public TailCommand()
        : base("tail", "Show alerts of the running agent as they come, whether there is a collector or not")
    {
        _last.Validators.Add(static result =>
        {
            if (result.Tokens is [{ Value: string given }] && !(int.TryParse(given, NumberStyles.None, CultureInfo.InvariantCulture, out int last) && last <= AlertFeed.MostRecent))
            {
                result.AddError($"{result.IdentifierToken?.Value} must be a number up to {AlertFeed.MostRecent}, is '{given}'");
            }
        });
        Add(_json);
        Add(_last);
        Add(_once);
        _filter.AddTo(this);
        Add(_state);
        SetAction(RunAsync);
    }

    public IReadOnlyList<string> Examples =>
    [
        "tallyman tail",
        "tallyman tail --min-severity high --new",
        "tallyman tail --user alice --tool kubectl",
        "tallyman tail --json --last 100 --once | jq -r .cmd",
    ];

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancel)
    {
        Func<Alert, bool> isWanted = _filter.In(parsed);
        ChannelReader<Batch> alerts = await new LocalAgent(_state.SocketIn(parsed), ExitCode.Unavailable).ListenAsync(cancel);
        await using var output = new StreamWriter(StandardStreams.OpenOutput());
        return await ShowAsync(alerts, parsed, isWanted, output, cancel);
    }

    private async Task<int> ShowAsync(ChannelReader<Batch> alerts, ParseResult parsed, Func<Alert, bool> isWanted, StreamWriter output, CancellationToken cancel)
    {
        Queue<Batch>? last = new();
        await foreach (Batch batch in alerts.ReadAllAsync(cancel))
        {
            if (batch.Records is [{ Gap: GapRecord missed }])
            {
                await Console.Error.WriteLineAsync($"{missed.Count} alerts are not shown, as they were not read fast enough");
            }
            else if (batch.Records is [{ Alert: Alert alert }] && isWanted(alert))
            {
                if (last is null)
                {
                    await WriteAsync(batch);
                    continue;
                }

                last.Enqueue(batch);
            }
            else if (batch.Records.Count == 0 && last is not null)
            {
                foreach (Batch each in last.TakeLast(parsed.GetValue(_last)))
                {
                    await WriteAsync(each);
                }

                last = null;
                if (parsed.GetValue(_once))
                {
                    return ExitCode.Fine;
                }
            }
        }

        throw new UserException(ExitCode.Unavailable, "the agent has ended");

        async Task WriteAsync(Batch batch)
        {
            Alert alert = batch.Records[0].Alert;
            await output.WriteLineAsync(parsed.GetValue(_json) ? AlertJson.Write(alert, batch.FirstSeq) : AlertText.Write(alert, Terminal.WantsColour));
            await output.FlushAsync(CancellationToken.None);
        }
    }
}
