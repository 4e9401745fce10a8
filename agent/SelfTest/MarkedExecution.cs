using System.ComponentModel;
using System.Diagnostics;
using Microsoft.Win32.SafeHandles;
using Tallyman.Agent.Native;

namespace Tallyman.Agent.SelfTest;

/// <summary>One way to execute something that a monitor could miss.</summary>
/// <param name="Name">For people, and in the image's tag.</param>
/// <param name="Program">The base name of the file.</param>
/// <param name="Padding">Arguments between the command and what makes it dangerous.</param>
internal sealed record MarkedExecution(string Name, string Program, ExecutionMeans Means, int Padding = 0)
{
    /// <summary>What one argument may have at most is 128 KiB: MAX_ARG_STRLEN.</summary>
    private const int PaddingLength = 100_000;
    private const uint Nobody = 65534;

    public static IReadOnlyList<MarkedExecution> All { get; } =
    [
        new("execve", "docker", ExecutionMeans.Path),
        new("long argv", "docker", ExecutionMeans.Path, Padding: 10),
        new("another name", "updater", ExecutionMeans.Path),
        new("execveat", "docker", ExecutionMeans.Descriptor),
        new("memfd", "updater", ExecutionMeans.Memory),
        new("setuid", "docker", ExecutionMeans.SetUser),
    ];

    /// <param name="image">That the agent will tell of.</param>
    public IReadOnlyList<string> Arguments(string image) =>
        ["run", .. Enumerable.Range(0, Padding).Select(static i => $"--label=padding{i}={new string('x', PaddingLength)}"), "--privileged", image];

    /// <summary>Executes it. It goes on until its standard input ends, so that there is something to look at.</summary>
    /// <param name="directory">An empty one, for the file.</param>
    /// <param name="helper">Starts this program once more, to become what <see cref="Become"/> says.</param>
    /// <exception cref="Win32Exception">It cannot be executed. IOException and UnauthorizedAccessException mean the same.</exception>
    public Process Start(string directory, string image, Func<IEnumerable<string>, ProcessStartInfo> helper)
    {
        string file = Path.Combine(directory, Program);
        File.WriteAllBytes(file, HarmlessProgram.Bytes);
        if (Means == ExecutionMeans.SetUser)
        {
            FileOwner.SetUser(file, Nobody);
        }

        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute | (Means == ExecutionMeans.SetUser ? UnixFileMode.SetUser : 0));
        ProcessStartInfo start = Means is ExecutionMeans.Path or ExecutionMeans.SetUser
            ? new ProcessStartInfo(file, Arguments(image))
            : helper([Means.ToString(), file, .. Arguments(image)]);
        start.RedirectStandardInput = true;
        start.RedirectStandardError = true;
        return Process.Start(start)!;
    }

    /// <summary>Whether the file system gives nobody another user's rights.</summary>
    public bool IsWithoutEffect(V1.Alert alert) => Means == ExecutionMeans.SetUser && alert.Process.Euid == alert.Process.Uid;

    /// <returns>Null if the alert tells of it as it was.</returns>
    public string? WhatIsWrong(V1.Alert alert) =>
        alert.CommandLine.MissingBytes > 0 || alert.CommandLine.Argc != Padding + 4 ? $"arguments are missing: {alert.CommandLine.MissingBytes} bytes, {alert.CommandLine.Argc} of {Padding + 4}"
        : !alert.Indicators.Any(static indicator => indicator.Id == "PRIVILEGED") ? "--privileged was not found"
        : Means == ExecutionMeans.SetUser && alert.Process.Euid != Nobody ? $"the user is said to be {alert.Process.Euid}, and is {Nobody}"
        : null;

    /// <summary>This process becomes the program.</summary>
    public static void Become(ExecutionMeans means, string file, IReadOnlyList<string> arguments)
    {
        using SafeFileHandle opened = means == ExecutionMeans.Memory ? ExecutableMemory.Create(Path.GetFileName(file)) : File.OpenHandle(file);
        if (means == ExecutionMeans.Memory)
        {
            RandomAccess.Write(opened, File.ReadAllBytes(file), 0);
        }

        ExecutableMemory.Execute(opened, [file, .. arguments]);
    }
}

internal enum ExecutionMeans
{
    /// <summary>The path of a file.</summary>
    Path,

    /// <summary>A file that is open, with execveat.</summary>
    Descriptor,

    /// <summary>A file that is in memory only.</summary>
    Memory,

    /// <summary>A file that gives its process the rights of its owner.</summary>
    SetUser,
}
