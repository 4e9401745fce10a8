using System.Diagnostics;
using System.Globalization;
using Tallyman.V1;
using Process = System.Diagnostics.Process;

namespace Tallyman.Agent.Tests.EndToEnd;

/// <summary>Marked and numbered executions of a tool, one after the other, as fast as they go.</summary>
internal sealed class Storm : IDisposable
{
    private readonly Process _process;

    /// <param name="docker">A program that does nothing and has this name.</param>
    /// <param name="bytes">Length of the last argument.</param>
    public Storm(string docker, string mark, int count, int bytes = 12) => _process = Process.Start(
        new ProcessStartInfo(Programs.Launch, ["storm", $"{count}", $"{bytes}", docker, "run", "--privileged", mark]))!;

    public bool IsOver => _process.HasExited;

    /// <returns>Null if it is none of this mark.</returns>
    public static int? NumberOf(Alert alert, string mark) =>
        alert.CommandLine.Argv is [_, _, _, var word, var number] && word.ToStringUtf8() == mark
            ? int.Parse(number.ToStringUtf8().Split('.')[0], CultureInfo.InvariantCulture)
            : null;

    public void Wait() => _process.WaitForExit();

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit();
        }

        _process.Dispose();
    }
}
