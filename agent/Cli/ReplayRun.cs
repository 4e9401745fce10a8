using System.Globalization;
using System.Threading.Channels;
using Tallyman.Agent.Model;
using Tallyman.Agent.Sources.Auditd;
using Tallyman.Agent.Status;
using Tallyman.Cli;
using Tallyman.Rendering;

namespace Tallyman.Agent.Cli;

/// <summary>One pass over log files: alerts to the output as they are found, then a summary on standard error.</summary>
internal sealed class ReplayRun(AuditReplay replay, Detector detector, Counters counters, TextWriter output, bool isJson, ReplayProgress progress)
{
    public const string StandardInput = "-";

    private const int MostWaiting = 4; // pieces of a log

    private readonly ReplaySummary _summary = new();
    private readonly List<string> _notes = []; // of the thread that reads

    public async Task<int> RunAsync(IReadOnlyList<string> files, CancellationToken cancel)
    {
        // One thread reads on while another judges what was found.
        var found = Channel.CreateBounded<Found>(new BoundedChannelOptions(MostWaiting) { SingleReader = true, SingleWriter = true });
        Task<UserException?> reading = Task.Run(ReadAsync, cancel);
        await foreach (Found each in found.Reader.ReadAllAsync(cancel))
        {
            await JudgeAsync(each.Execs);
            progress.Show(each.Done);
        }

        UserException? failure = await reading;
        progress.Clear();
        foreach (string note in _notes)
        {
            await Console.Error.WriteLineAsync(note);
        }

        await Console.Error.WriteLineAsync(_summary.Write(replay.Records, counters));
        return failure is not null ? throw failure
            : replay.Records == 0 ? throw new UserException(ExitCode.BadData, "there is no audit record in it: give it auditd's log, or what ausearch --raw prints")
            : _summary.Alerts > 0 ? ExitCode.Found
            : ExitCode.Fine;

        async Task<UserException?> ReadAsync()
        {
            try
            {
                return await this.ReadAsync(files, found.Writer, cancel);
            }
            finally
            {
                found.Writer.Complete();
            }
        }
    }

    /// <returns>Why a file could not be read, the first if there are several. What the other files have is told all the same.</returns>
    private async Task<UserException?> ReadAsync(IReadOnlyList<string> files, ChannelWriter<Found> found, CancellationToken cancel)
    {
        UserException? failure = null;
        long before = 0;
        var opened = new Dictionary<(ulong, ulong), string>();
        foreach (string file in files)
        {
            AuditInput? log = null;
            try
            {
                using Stream raw = Open(file);
                if (raw is FileStream regular && AuditInput.IdentityOf(regular) is (ulong, ulong) identity && !opened.TryAdd(identity, file))
                {
                    _notes.Add($"{SafeText.Escape(file)} is the same file as {SafeText.Escape(opened[identity])}, and is read once");
                    continue;
                }

                using (log = new AuditInput(raw))
                {
                    while (replay.ReadOn(log) is IReadOnlyList<ExecEvent> execs)
                    {
                        await found.WriteAsync(new Found(execs, before + log.Done), cancel);
                    }

                    before += log.Done;
                }
            }
            catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
            {
                replay.EndFile();
                failure ??= FailureOf(file, log, e);
            }
        }

        await found.WriteAsync(new Found(replay.Finish(), before), cancel);
        return failure;
    }

    private async Task JudgeAsync(IReadOnlyList<ExecEvent> found)
    {
        foreach (ExecEvent exec in found)
        {
            V1.Alert? alert = (await detector.DetectAsync(exec, new HostIdentity("", exec.Audit!.Node, "")))?.Message;
            _summary.Add(exec, alert);
            if (alert is not null)
            {
                progress.Clear();
                await output.WriteLineAsync(isJson ? AlertJson.Write(alert, _summary.Alerts) : AlertText.Write(alert, Terminal.WantsColour));
            }
        }

        await output.FlushAsync(CancellationToken.None);
    }

    private static Stream Open(string file) => file == StandardInput ? StandardStreams.OpenInput() : AuditInput.Open(file);

    private static UserException FailureOf(string file, AuditInput? log, Exception e)
    {
        string name = SafeText.Escape(file);
        return e switch
        {
            InvalidDataException => new UserException(ExitCode.BadData, string.Create(
                CultureInfo.InvariantCulture, $"{name} is damaged: {log?.Unpacked ?? 0:N0} bytes could be unpacked and are judged, what follows is not; copy it once more from its host")),
            _ when Directory.Exists(file) => new UserException(ExitCode.Usage, $"{name} is a directory: name the files in it, such as {name.TrimEnd('/')}/audit.log*"),
            UnauthorizedAccessException => new UserException(ExitCode.NoPermission, $"{name} cannot be read: {SafeText.Escape(e.Message)}"),
            _ => new UserException(ExitCode.Unavailable, $"{name} cannot be read: {SafeText.Escape(e.Message)}"),
        };
    }

    /// <summary>The executions of a piece of a log.</summary>
    /// <param name="Done">Bytes of all files up to its end.</param>
    private sealed record Found(IReadOnlyList<ExecEvent> Execs, long Done);
}
