using System.CommandLine;
using System.Globalization;
using Microsoft.Data.Sqlite;
using Tallyman.Agent.Spool;
using Tallyman.Cli;
using Tallyman.Rendering;
using Tallyman.V1;

namespace Tallyman.Agent.Cli;

/// <summary><c>spool</c>: looks at what waits for a collector, beside an agent that runs.</summary>
internal sealed class SpoolCommand : Command
{
    public SpoolCommand()
        : base("spool", "Look at what is not delivered yet")
    {
        Add(new SpoolInspectCommand());
        Add(new SpoolVerifyCommand());
        Add(new SpoolExportCommand());
    }

    /// <exception cref="UserException">There is no spool, it is damaged, or it cannot be read.</exception>
    internal static int With(string directory, Action<SpoolView> look)
    {
        try
        {
            using SpoolView spool = SpoolView.Open(directory);
            look(spool);
            return ExitCode.Fine;
        }
        catch (FileNotFoundException e)
        {
            throw new UserException(ExitCode.Unavailable, e.Message);
        }
        catch (UnauthorizedAccessException)
        {
            throw new UserException(ExitCode.NoPermission, $"{directory} is not to be read by this user: try sudo");
        }
        catch (SpoolCorruptException e)
        {
            throw new UserException(ExitCode.BadData, $"the spool in {directory} is damaged: {SafeText.Escape(e.Message).TrimEnd('.')}. An agent that starts moves it to {SpoolDirectory.QuarantineName} and begins a new one");
        }
        catch (SqliteException e)
        {
            throw new UserException(ExitCode.Unavailable, $"the spool in {directory} cannot be read: {e.Message}");
        }
    }
}

/// <summary><c>spool inspect</c>.</summary>
internal sealed class SpoolInspectCommand : Command, ICommandWithExamples
{
    private readonly StateOption _state = new();

    public SpoolInspectCommand()
        : base("inspect", "Say how much waits, since when, and how much room there is")
    {
        Add(_state);
        SetAction(parsed => SpoolCommand.With(parsed.GetRequiredValue(_state), static spool => Console.Write(Text(spool))));
    }

    public IReadOnlyList<string> Examples => ["tallyman spool inspect", "tallyman spool inspect --state /tmp/state"];

    private static string Text(SpoolView spool)
    {
        SpoolState state = spool.State;
        List<(Rank Rank, RankTotal Total)> waiting = spool.Waiting();
        (int quarantined, long quarantinedBytes) = spool.Quarantined();
        string[] lines =
        [
            Line("epoch", $"{state.Epoch:x16}"),
            Line("sequence", $"acknowledged {state.SequenceOf(state.Acknowledged)}, sent {state.SequenceOf(state.Sent)}, next {state.SequenceOf(state.Next)}"),
            Line("waiting", $"{Count(waiting.Sum(static each => each.Total.Records), "record")}, {Size(waiting.Sum(static each => each.Total.Bytes))}"),
            .. waiting.Select(static each => Line("  " + NameOf(each.Rank), $"{each.Total.Records}, {Size(each.Total.Bytes)}")),
            .. spool.Records().Select(static record => record.Parse()?.Gap).OfType<GapRecord>()
                .GroupBy(static gap => gap.Reason)
                .Select(static gaps => Line("gap", $"{SafeText.Escape(gaps.Key)}: {(gaps.All(static gap => gap.CountIsExact) ? "" : "about ")}{gaps.Aggregate(0ul, static (sum, gap) => sum + gap.Count)} in {Count(gaps.LongCount(), "place")}")),
            Line("refused", $"{Count(spool.Refused, "record")} that a collector will never take"),
            Line("on disk", $"{Size(spool.FileBytes)} of {Size(state.Size)}"),
            Line("quarantine", quarantined == 0 ? "nothing" : $"{quarantined} times something that was no spool, {Size(quarantinedBytes)}"),
            Line("agent", $"{(state.Clean ? "ended" : "last known to run at")} {state.Alive.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture)}"),
        ];
        return string.Concat(lines);
    }

    private static string Line(string name, FormattableString value) => Line(name, FormattableString.Invariant(value));

    private static string Line(string name, string value) => $"{name,-12}{value}\n";

    private static string Count(long count, string what) => string.Create(CultureInfo.InvariantCulture, $"{count} {what}{(count == 1 ? "" : "s")}");

    private static string Size(long bytes) => bytes < 1024 * 1024
        ? string.Create(CultureInfo.InvariantCulture, $"{(bytes + 1023) / 1024} KiB")
        : string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024.0 / 1024.0:0.0} MiB");

    private static string NameOf(Rank rank) => rank switch
    {
        Rank.Low => "MEDIUM",
        Rank.High => "HIGH",
        Rank.Critical => "CRITICAL",
        Rank.Own => "own",
        _ => "gaps",
    };
}

/// <summary><c>spool verify</c>.</summary>
internal sealed class SpoolVerifyCommand : Command, ICommandWithExamples
{
    private readonly StateOption _state = new();

    public SpoolVerifyCommand()
        : base("verify", "Tell whether everything that waits is whole; ends with 0 if it is, with 65 if not")
    {
        Add(_state);
        SetAction(Verify);
    }

    public IReadOnlyList<string> Examples => ["tallyman spool verify && echo sound", "tallyman spool verify --state /tmp/state"];

    private int Verify(ParseResult parsed)
    {
        bool isSound = true;
        SpoolCommand.With(parsed.GetRequiredValue(_state), spool =>
        {
            foreach (string flaw in spool.Flaws())
            {
                isSound = false;
                Console.Error.WriteLine(flaw);
            }
        });
        return isSound ? ExitCode.Fine : ExitCode.BadData;
    }
}

/// <summary><c>spool export</c>.</summary>
internal sealed class SpoolExportCommand : Command, ICommandWithExamples
{
    private readonly StateOption _state = new();

    public SpoolExportCommand()
        : base("export", "Print what waits, oldest first, as JSON, one record a line")
    {
        Add(_state);
        SetAction(parsed => SpoolCommand.With(parsed.GetRequiredValue(_state), Export));
    }

    public IReadOnlyList<string> Examples =>
    [
        "tallyman spool export > alerts.jsonl",
        "tallyman spool export | jq 'select(.severity == \"CRITICAL\") | .cmd'",
    ];

    private static void Export(SpoolView spool)
    {
        using var output = new StreamWriter(StandardStreams.OpenOutput(), bufferSize: 64 * 1024);
        foreach (SpooledRecord spooled in spool.Records())
        {
            ulong sequence = spool.State.SequenceOf(spooled.Place);
            if (spooled.Parse() is V1.Record record)
            {
                output.WriteLine(RecordJson.Write(record, sequence));
            }
            else
            {
                Console.Error.WriteLine($"record {sequence} is not as it was written");
            }
        }
    }
}
