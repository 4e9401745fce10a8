using System.IO.Compression;
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
        foreach (string file in files)
        {
            try
            {
                await using Stream raw = Open(file);
                await using Stream log = Unpacked(raw);
                while (replay.ReadOn(log) is IReadOnlyList<ExecEvent> execs)
                {
                    await found.WriteAsync(new Found(execs, before + (raw.CanSeek ? raw.Position : 0)), cancel);
                }

                before += raw.CanSeek ? raw.Length : 0;
            }
            catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
            {
                failure ??= new UserException(CodeOf(e), $"{SafeText.Escape(file)} cannot be read{(e is InvalidDataException ? " to its end" : "")}: {SafeText.Escape(e.Message)}");
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

    private static Stream Open(string file) =>
        file == StandardInput ? Console.OpenStandardInput() : new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);

    /// <summary>By its first bytes, as a file may be called anything.</summary>
    private static Stream Unpacked(Stream file)
    {
        if (!file.CanSeek)
        {
            return file;
        }

        Span<byte> magic = stackalloc byte[2];
        int length = file.ReadAtLeast(magic, magic.Length, throwOnEndOfStream: false);
        file.Position = 0;
        return length == magic.Length && magic is [0x1f, 0x8b] ? new GZipStream(file, CompressionMode.Decompress) : file;
    }

    private static int CodeOf(Exception e) => e switch
    {
        InvalidDataException => ExitCode.BadData,
        UnauthorizedAccessException => ExitCode.NoPermission,
        _ => ExitCode.Unavailable,
    };

    /// <summary>The executions of a piece of a log.</summary>
    /// <param name="Done">Bytes of all files up to its end.</param>
    private sealed record Found(IReadOnlyList<ExecEvent> Execs, long Done);
}
