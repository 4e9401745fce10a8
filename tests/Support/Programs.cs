using System.Diagnostics;

namespace Tallyman.Tests.Support;

/// <summary>Runs programs.</summary>
internal static class Programs
{
    /// <summary>tests/launch/launch.c, which starts programs in ways that .NET has not.</summary>
    public static string Launch { get; } = Repository.Path("out/tests/launch");

    /// <summary>For LD_PRELOAD: tests/launch/disk.c.</summary>
    public static string Disk { get; } = Repository.Path("out/tests/disk.so");

    public static string Agent { get; } = Repository.Path("out/tallyman");

    public static string Collector { get; } = Repository.Path("out/tallyman-collector");

    /// <summary>A copy that every user may run: the checkout may lie in somebody's home.</summary>
    public static string AgentForAll => Path.Combine(Copied.Value, Path.GetFileName(Agent));

    /// <inheritdoc cref="AgentForAll"/>
    public static string CollectorForAll => Path.Combine(Copied.Value, Path.GetFileName(Collector));

    private static readonly Lazy<string> Copied = new(static () =>
    {
        DirectoryInfo directory = Directory.CreateTempSubdirectory("tallyman-programs-");
        AppDomain.CurrentDomain.ProcessExit += (_, _) => directory.Delete(recursive: true);
        Run("chmod", "755", directory.FullName);
        foreach (string file in new[] { Agent, Collector, Repository.Path("out/libe_sqlite3.so") })
        {
            File.Copy(file, Path.Combine(directory.FullName, Path.GetFileName(file)));
        }

        return directory.FullName;
    });

    internal sealed record Outcome(int ExitCode, string Output, string Error);

    /// <summary>Runs a program to its end.</summary>
    public static Outcome Run(string program, params string[] arguments) => Run(new ProcessStartInfo(program, arguments));

    public static Outcome Run(ProcessStartInfo start, string? input = null)
    {
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        start.RedirectStandardInput = true;
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        try
        {
            process.StandardInput.Write(input);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // it does not read
        }

        process.WaitForExit();
        return new Outcome(process.ExitCode, output.GetAwaiter().GetResult(), error.GetAwaiter().GetResult());
    }
}
