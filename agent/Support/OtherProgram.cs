using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Tallyman.Agent.Support;

/// <summary>What another program says: so much of it, and for so long.</summary>
/// <param name="path">Absolute: whoever owns the current directory must not choose what root runs.</param>
internal sealed class OtherProgram(string path, TimeSpan patience)
{
    private const int MostRead = 1024 * 1024; // characters

    /// <returns>Its output; with its messages and how it ended, unless that is 0 and there are none.</returns>
    /// <exception cref="IOException">It is not there, or not done in time.</exception>
    public async Task<string> RunAsync(IEnumerable<string> arguments, CancellationToken cancel)
    {
        if (!File.Exists(path))
        {
            throw new IOException($"there is no {path}");
        }

        using Process process = Process.Start(new ProcessStartInfo(path, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        ending.CancelAfter(patience);
        try
        {
            process.StandardInput.Close();
            Task<string> errors = ReadAsync(process.StandardError, ending.Token);
            string output = await ReadAsync(process.StandardOutput, ending.Token);
            string messages = await errors;
            await process.WaitForExitAsync(ending.Token);
            return process.ExitCode == 0 && messages.Length == 0 ? output
                : string.Create(CultureInfo.InvariantCulture, $"{output}{messages}(it ended with {process.ExitCode})\n");
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new IOException($"{path} was not done in {patience.TotalSeconds} s");
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill();
            }
        }
    }

    /// <exception cref="IOException">It is more than anybody would look at.</exception>
    private static async Task<string> ReadAsync(StreamReader reader, CancellationToken cancel)
    {
        var text = new StringBuilder();
        char[] buffer = new char[8 * 1024];
        while (await reader.ReadAsync(buffer, cancel) is int read and > 0)
        {
            text.Append(buffer.AsSpan(0, read));
            if (text.Length > MostRead)
            {
                throw new IOException(string.Create(CultureInfo.InvariantCulture, $"it says more than {MostRead:N0} characters"));
            }
        }

        return text.ToString();
    }
}
