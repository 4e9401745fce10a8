using System.CommandLine;
using System.Globalization;
using Tallyman.Agent.Configuration;
using Tallyman.Agent.History;
using Tallyman.Agent.Learning;
using Tallyman.Cli;
using Tallyman.Rendering;
using Tallyman.V1;

namespace Tallyman.Agent.Cli;

/// <summary><c>learn</c>: proposes exceptions for what is seen again and again, as a difference to review.</summary>
internal sealed class LearnCommand : Command, ICommandWithExamples
{
    private const long MostHistory = 16 * 1024 * 1024; // bytes

    private readonly Option<string?> _from = new("--from")
    {
        Description = "A file of alerts in JSON, one a line, as run, tail, replay and collectors print them; - is standard input",
        HelpName = "FILE",
    };

    private readonly Option<string> _since = new("--since")
    {
        Description = "From what the agent of this host has seen in this time: 30m, 24h, 7d",
        HelpName = "TIME",
        DefaultValueFactory = static _ => "24h",
    };

    private readonly Option<int> _least = new("--least") { Description = "How often it must have been seen", HelpName = "N", DefaultValueFactory = static _ => 3 };
    private readonly StateOption _state = new();

    public LearnCommand()
        : base("learn", "Propose exceptions for alerts that come again and again, as a difference to review")
    {
        _from.Validators.Add(CommandLineProgram.NameMustNotBeEmpty);
        _since.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: string given }] && TryReadTime(given) is null)
            {
                result.AddError($"--since must be a time like 30m, 24h or 7d, is '{given}'");
            }
        });
        _least.Validators.Add(static result =>
        {
            if (result.Tokens is [{ Value: string given }] && !(int.TryParse(given, NumberStyles.None, CultureInfo.InvariantCulture, out int least) && least > 0))
            {
                result.AddError($"--least must be a number from 1 on, is '{given}'");
            }
        });
        Validators.Add(result =>
        {
            if (result.GetResult(_from) is not null && result.GetResult(_since) is { Implicit: false })
            {
                result.AddError("--from and --since are two ways to say what to learn from: give one");
            }
        });
        Add(_from);
        Add(_since);
        Add(_least);
        Add(_state);
        SetAction(Run);
    }

    public IReadOnlyList<string> Examples =>
    [
        "tallyman learn --since 7d",
        "tallyman-collector export --format json | tallyman learn --from - > learned.diff",
        "tallyman learn > learned.diff && editor learned.diff && patch -p1 -d / < learned.diff && tallyman check",
    ];

    private int Run(ParseResult parsed)
    {
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        ulong least = (ulong)parsed.GetValue(_least);
        (Alert Alert, ulong Times)[] seen = [.. parsed.GetValue(_from) is string file ? AlertsIn(file) : HistoryIn(parsed.GetRequiredValue(_state), now - TryReadTime(parsed.GetRequiredValue(_since))!.Value)];
        seen = [.. seen.Where(static each => StableNames.RepositoryOf(each.Alert.CommandLine.Image) != SelfTestCommand.Image)];
        (Alert Alert, ulong Times)[] expected = [.. seen.Where(static each => each.Alert.Lowered is not null)];
        IReadOnlyList<Proposal> proposals = Proposal.Of(seen.Except(expected), out ulong leftOut);
        Proposal[] often = [.. proposals.Where(proposal => proposal.Times >= least)];
        foreach (string line in ProposalDiff.Lines(often, ConfigurationPlaces.SiteDirectory, now))
        {
            Console.WriteLine(line);
        }

        Console.Error.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{Sum(seen.Select(static each => each.Times))} alerts: exceptions are proposed for {Sum(often.Select(static proposal => proposal.Times))}; {Sum(expected.Select(static each => each.Times))} fall under one already, {Sum(proposals.Except(often).Select(static proposal => proposal.Times))} were seen fewer than {least} times, of {leftOut} the names are no patterns"));
        if (often.Length > 0)
        {
            Console.Error.WriteLine("Review each, say its reason and its owner (no agent takes it without), make it narrower where you can; then: patch -p1 -d / < FILE && tallyman check");
        }

        return ExitCode.Fine;
    }

    private static IEnumerable<(Alert Alert, ulong Times)> AlertsIn(string file) => AlertFile.Read(file).Select(static alert => (alert, 1 + alert.Repeated));

    /// <exception cref="UserException">There is none.</exception>
    private static IEnumerable<(Alert Alert, ulong Times)> HistoryIn(string state, DateTimeOffset since)
    {
        IReadOnlyList<Pattern> patterns = HistoryFile.Load(state, MostHistory, out string? failure);
        return failure is null
            ? patterns.Where(pattern => pattern.Last.ToDateTimeOffset() >= since).Select(static pattern => (ExampleOf(pattern), pattern.Times))
            : throw new UserException(ExitCode.Unavailable, $"there is no history of alerts in {SafeText.Escape(state)}: {SafeText.Escape(failure).TrimEnd('.')}: name the agent's --state, try sudo, or give alerts with --from");
    }

    private static Alert ExampleOf(Pattern pattern)
    {
        Alert alert = Alert.Parser.ParseFrom(pattern.Example);
        alert.Time = pattern.Last;
        alert.Lowered = pattern.Exception.Length > 0 ? new Lowered { Exception = pattern.Exception } : null;
        return alert;
    }

    private static TimeSpan? TryReadTime(string text) =>
        text.Length > 1 && int.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out int count) && count is > 0 and <= 100_000
            ? text[^1] switch
            {
                'm' => TimeSpan.FromMinutes(count),
                'h' => TimeSpan.FromHours(count),
                'd' => TimeSpan.FromDays(count),
                _ => null,
            }
            : null;

    private static ulong Sum(IEnumerable<ulong> numbers) => numbers.Aggregate(0ul, static (sum, number) => sum + number);
}
