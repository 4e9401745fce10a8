using Microsoft.Win32.SafeHandles;
using Tallyman.Agent.Model;
using Tallyman.Agent.Native;

namespace Tallyman.Agent.Sources;

/// <summary>What became of looking into a binary.</summary>
internal enum IdentityOutcome
{
    /// <summary>It is one of the tools.</summary>
    Tool,

    /// <summary>It is none of them.</summary>
    Other,

    /// <summary>The file is gone, is another one by now, or cannot be read.</summary>
    Gone,

    /// <summary>It lies on a file system that may let the reader wait for ever.</summary>
    Refused,
}

/// <summary>Finds out which tool a binary is by what it contains.</summary>
internal sealed class ExecIdentity(ProcFs proc)
{
    /// <param name="file">Inode and change time of the file at the time of the execution, as the kernel saw them.</param>
    /// <param name="executable">Its path in the mount namespace of the process.</param>
    /// <param name="neighbours">Other processes that may share that namespace.</param>
    public (IdentityOutcome Outcome, Executable? Program) Identify(
        uint pid, uint mountNamespace, FileStatus file, ulong fileSystem, HostText executable, params ReadOnlySpan<uint> neighbours)
    {
        if (FileSystemType.MayNeverAnswer(fileSystem))
        {
            return (IdentityOutcome.Refused, null);
        }

        try
        {
            using SafeFileHandle? opened = Open(pid, mountNamespace, file, executable, neighbours);
            if (opened is null)
            {
                return (IdentityOutcome.Gone, null);
            }

            Executable? program = ProgramOf(opened);
            return (program is null ? IdentityOutcome.Other : IdentityOutcome.Tool, program);
        }
        catch (IOException)
        {
            return (IdentityOutcome.Gone, null);
        }
    }

    /// <summary>Which tool a file is that nobody has executed, but the dynamic loader was told to run; null if it is none or is gone.</summary>
    /// <param name="path">Absolute, as the process sees it.</param>
    /// <param name="processes">The process itself, and others that may see the same.</param>
    public Executable? IdentifyLoaded(uint mountNamespace, HostText path, params ReadOnlySpan<uint> processes)
    {
        try
        {
            foreach (uint process in processes)
            {
                if (proc.MountNamespace(process) == mountNamespace)
                {
                    using SafeFileHandle? opened = proc.OpenInRootOf(process, path);
                    if (opened is not null)
                    {
                        return ProgramIn(opened, out _);
                    }
                }
            }
        }
        catch (IOException)
        {
            // it cannot be read
        }

        return null;
    }

    /// <summary>Which tool a file is; <see cref="Executables.Unnamed"/> if it hides what it is; null if it is none.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static Executable? ProgramOf(SafeFileHandle opened)
    {
        Executable? program = ProgramIn(opened, out bool isNamed);
        return program ?? (!isNamed && HiddenProgram.Is(opened) ? Executables.Unnamed : null);
    }

    /// <param name="isNamed">Whether the file says which program it is.</param>
    private static Executable? ProgramIn(SafeFileHandle opened, out bool isNamed)
    {
        string? package = GoBuildInfo.MainPackageOf(opened);
        isNamed = package is not null;
        return package is null ? null : ToolPackages.Find(package);
    }

    /// <summary>
    /// The very file that was executed. While the process runs, /proc leads to it whatever has become of its name; after
    /// that its path may, in the root of a process that shares the mount namespace.
    /// </summary>
    private SafeFileHandle? Open(uint pid, uint mountNamespace, FileStatus file, HostText executable, ReadOnlySpan<uint> neighbours)
    {
        if (IfSame(proc.OpenExecutable(pid), file) is SafeFileHandle running)
        {
            return running;
        }

        foreach (uint neighbour in neighbours)
        {
            if (proc.MountNamespace(neighbour) == mountNamespace && IfSame(proc.OpenInRootOf(neighbour, executable), file) is SafeFileHandle left)
            {
                return left;
            }
        }

        return null;
    }

    private static SafeFileHandle? IfSame(SafeFileHandle? opened, FileStatus file)
    {
        if (opened is not null && FileStatus.Of(opened) == file)
        {
            return opened;
        }

        opened?.Dispose();
        return null;
    }
}
