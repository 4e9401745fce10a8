using System.CommandLine;
using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using System.Threading.Channels;
using Tallyman.Agent.Checks;
using Tallyman.Agent.SelfTest;
using Tallyman.Cli;
using Tallyman.Rendering;
using Tallyman.V1;
using Process = System.Diagnostics.Process;

namespace Tallyman.Agent.Cli;

/// <summary><c>selftest</c>: executes what a monitor could miss, harmlessly, and sees it come back through the whole chain.</summary>
internal sealed class SelfTestCommand : Command, ICommandWithExamples
{
    public const string Image = "tallyman-selftest";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(10);

    private readonly AgentOption _state = new();

    public SelfTestCommand()
        : base("selftest", $"Execute what does nothing but looks dangerous, and see the running agent alert on it; collectors get the alerts, too, of the image {Image}")
    {
        Add(_state);
        Add(new BecomeCommand());
        SetAction(RunAsync);
    }

    public IReadOnlyList<string> Examples => ["tallyman selftest", "tallyman selftest --state /tmp/state"];

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancel)
    {
        var agent = new LocalAgent(_state.SocketIn(parsed), ExitCode.Unavailable);
        string run = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4));
        ChannelReader<Batch> alerts = await agent.ListenAsync(cancel);
        bool isWell = true;
        ulong last = 0;
        foreach (MarkedExecution execution in MarkedExecution.All)
        {
            string image = $"{Image}:{run}-{execution.Name.Replace(' ', '-')}";
            (CheckLine line, ulong sequence) = await TryAsync(execution, image, alerts, cancel);
            CheckText.Write(line);
            isWell &= line.Outcome != Outcome.Fail;
            last = Math.Max(last, sequence);
        }

        CheckLine delivery = await DeliveryAsync(agent, last, cancel);
        CheckText.Write(delivery);
        return isWell && delivery.Outcome != Outcome.Fail ? ExitCode.Fine : ExitCode.Found;
    }

    /// <returns>How it was, and the place of the alert among the agent's records; 0 if there is none.</returns>
    private static async Task<(CheckLine Line, ulong Sequence)> TryAsync(MarkedExecution execution, string image, ChannelReader<Batch> alerts, CancellationToken cancel)
    {
        CheckLine Say(Outcome outcome, string text) => new(execution.Name, outcome, text);
        DirectoryInfo directory = Directory.CreateTempSubdirectory("tallyman-selftest-");
        try
        {
            File.SetUnixFileMode(directory.FullName, File.GetUnixFileMode(directory.FullName) | UnixFileMode.OtherExecute | UnixFileMode.GroupExecute);
            using Process process = execution.Start(directory.FullName, image, static words => new ProcessStartInfo(Environment.ProcessPath!, ["selftest", BecomeCommand.Verb, "--", .. words]));
            using var over = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            over.CancelAfter(Patience);
            _ = process.WaitForExitAsync(over.Token).ContinueWith(_ => over.Cancel(), TaskScheduler.Default); // which it does by itself only where it could not begin
            Batch? batch = await AlertOfAsync(image, alerts, over.Token);
            process.StandardInput.Close();
            await process.WaitForExitAsync(cancel);
            if (process.ExitCode != 0)
            {
                throw new IOException((await process.StandardError.ReadToEndAsync(cancel)).Trim());
            }

            if (batch is null)
            {
                return (Say(Outcome.Fail, $"no alert in {Patience.TotalSeconds} s: does an exception suppress it, does the source see it? (tallyman status)"), 0);
            }

            Alert alert = batch.Records[0].Alert;
            if (execution.IsWithoutEffect(alert))
            {
                return (Say(Outcome.Warn, "could not be tried: set TMPDIR to a directory of a file system that is not nosuid"), batch.FirstSeq);
            }

            double milliseconds = (TimeProvider.System.GetUtcNow() - alert.Time.ToDateTimeOffset()).TotalMilliseconds;
            string? wrong = execution.WhatIsWrong(alert);
            return (Say(wrong is null ? Outcome.Ok : Outcome.Fail, string.Create(CultureInfo.InvariantCulture, $"{wrong ?? Text(alert)}, after {milliseconds:0.0} ms")), batch.FirstSeq);
        }
        catch (Exception e) when (e is Win32Exception or IOException or UnauthorizedAccessException)
        {
            string reason = e is Win32Exception native ? Marshal.GetPInvokeErrorMessage(native.NativeErrorCode) : e.Message;
            return (Say(Outcome.Warn, $"could not be tried: {SafeText.Escape(reason)}: try sudo, or set TMPDIR to a directory of a file system that is not noexec"), 0);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    /// <returns>Null if there is none before it is over.</returns>
    private static async Task<Batch?> AlertOfAsync(string image, ChannelReader<Batch> alerts, CancellationToken over)
    {
        try
        {
            await foreach (Batch batch in alerts.ReadAllAsync(over))
            {
                if (batch.Records is [{ Alert: Alert alert }] && alert.CommandLine.Image == image)
                {
                    return batch;
                }
            }
        }
        catch (OperationCanceledException)
        {
            return null;
        }

        throw new UserException(ExitCode.Unavailable, "the agent has ended");
    }

    private static string Text(Alert alert) =>
        $"{AlertJson.NameOf(alert.Scores.Severity)} through {alert.Source}, known by its {alert.Process.IdentifiedBy}, all of {alert.CommandLine.Argc} arguments";

    /// <summary>Whether collectors have got what there was.</summary>
    private static async Task<CheckLine> DeliveryAsync(LocalAgent agent, ulong last, CancellationToken cancel)
    {
        const string Subject = "delivery";
        var waited = Stopwatch.StartNew();
        while (true)
        {
            using JsonDocument status = JsonDocument.Parse((await agent.AskAsync("/status", cancel)).Body);
            if (status.RootElement.GetProperty("collectors").GetArrayLength() == 0)
            {
                return new CheckLine(Subject, Outcome.Warn, "there is no collector: alerts stay on this host");
            }

            if (last > 0 && status.RootElement.GetProperty("sequence").GetProperty("acknowledged").GetUInt64() >= last)
            {
                return new CheckLine(Subject, Outcome.Ok, string.Create(CultureInfo.InvariantCulture, $"a collector has stored them, at most {waited.Elapsed.TotalMilliseconds + Look.TotalMilliseconds:0} ms after the last one was seen"));
            }

            if (last == 0 || waited.Elapsed > Patience)
            {
                return new CheckLine(Subject, Outcome.Fail, last == 0 ? "there is nothing to deliver" : $"no collector has stored them in {Patience.TotalSeconds} s (tallyman status)");
            }

            await Task.Delay(Look, cancel);
        }
    }

    /// <summary>For itself only: becomes the program that is to be seen.</summary>
    private sealed class BecomeCommand : Command
    {
        public const string Verb = "become";

        private readonly Argument<string[]> _words = new("words");

        public BecomeCommand()
            : base(Verb)
        {
            Hidden = true;
            Add(_words);
            SetAction(parsed =>
            {
                string[] words = parsed.GetRequiredValue(_words);
                MarkedExecution.Become(Enum.Parse<ExecutionMeans>(words[0]), words[1], words[2..]);
            });
        }
    }
}
