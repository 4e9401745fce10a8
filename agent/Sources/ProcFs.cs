using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Tallyman.Agent.Model;
using Tallyman.Agent.Native;

namespace Tallyman.Agent.Sources;

/// <summary>What /proc/PID/stat says.</summary>
/// <param name="Start">In nanoseconds since boot, to a hundredth of a second.</param>
/// <param name="IsOfKernel">Whether it is a thread of the kernel.</param>
internal readonly record struct ProcStat(HostText Comm, uint Parent, ulong Start, bool IsOfKernel);

/// <summary>
/// What /proc tells of running processes. All of it may be gone or be another process by the time it is read, and a process
/// may write its own command line: callers check what they get against what the kernel sent.
/// </summary>
/// <param name="root">Where the host's proc file system is mounted.</param>
internal sealed class ProcFs(string root = "/proc")
{
    /// <summary>USER_HZ, the unit of times in /proc on every architecture.</summary>
    public const ulong TicksPerSecond = 100;

    private const long LongestCommandLine = 8 * 1024 * 1024; // the kernel's limit is 6 MiB
    private const int LongestFile = 64 * 1024;
    private const int LongestStat = 1024; // some fifty numbers and a name
    private const int StatusUpToUid = 512; // nothing of what stands above it can be long
    private const uint FlagOfKernel = 0x00200000; // PF_KTHREAD of linux/sched.h
    private const uint FirstOfKernel = 2; // kthreadd

    /// <summary>The number that this process has here, which in a container is not its own; 0, which no process has, where it has none.</summary>
    public uint Own { get; } = uint.TryParse(Path.GetFileName(LinkAt(root + "/self")), CultureInfo.InvariantCulture, out uint number) ? number : 0;

    /// <summary>All processes.</summary>
    public IEnumerable<uint> Processes() =>
        from directory in Directory.EnumerateDirectories(root)
        let name = Path.GetFileName(directory)
        where char.IsAsciiDigit(name[0])
        select uint.Parse(name, CultureInfo.InvariantCulture);

    /// <summary>The arguments, each with its NUL; null if the process is gone, not ours to read, or has more or fewer than <paramref name="length"/> bytes of them.</summary>
    public byte[]? ReadCommandLine(uint pid, long length)
    {
        if (length > LongestCommandLine)
        {
            return null;
        }

        byte[]? bytes = Read(pid, "cmdline", (int)length + 1);
        return bytes?.Length == length ? bytes : null;
    }

    /// <summary>The first bytes of a file of a process, at most <paramref name="most"/>; null if it cannot be read.</summary>
    public byte[]? Read(uint pid, string file, int most)
    {
        try
        {
            using FileStream stream = new(PathOf(pid, file), FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
            byte[] bytes = new byte[most];
            int length = stream.ReadAtLeast(bytes, most, throwOnEndOfStream: false);
            return bytes[..length];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Where a link such as exe or cwd leads; null if it cannot be read.</summary>
    public string? ReadLink(uint pid, string link) => LinkAt(PathOf(pid, link));

    /// <summary>The file that a process runs, whatever has become of its name; null if the process is gone or not ours to look into.</summary>
    public SafeFileHandle? OpenExecutable(uint pid) => Open(PathOf(pid, "exe"));

    /// <summary>A file that is there for every process and open to all, to be held while it is asked about; null if the process is gone.</summary>
    public SafeFileHandle? OpenStat(uint pid) => Open(PathOf(pid, "stat"));

    /// <summary>
    /// A file by its path in the root of a process, which is not left. Whoever owns the path may have put anything there by
    /// now: what is no file, such as a FIFO that would never be opened, or lies where reading may never end, is not opened.
    /// </summary>
    public SafeFileHandle? OpenInRootOf(uint pid, HostText path) => OpenInRootOf(pid, path, static found => found.IsRegular);

    /// <summary>A directory in the same way.</summary>
    public SafeFileHandle? OpenDirectoryInRootOf(uint pid, HostText path) => OpenInRootOf(pid, path, static found => found.IsDirectory);

    /// <summary>The number of the mount namespace of a process; null if it cannot be read.</summary>
    public uint? MountNamespace(uint pid) => NamespaceOf(pid, "mnt");

    /// <summary>
    /// Whether processes have the numbers here that the kernel calls them by, which in a container they may not: whether its own
    /// threads, which are in no other PID namespace than the first, are among them. To ask for that namespace takes rights on a process.
    /// </summary>
    public bool HasHostNumbers() => StatOf(FirstOfKernel) is { IsOfKernel: true };

    /// <summary>When the process began, in nanoseconds since boot, to a hundredth of a second; null if it is gone.</summary>
    public ulong? StartOf(uint pid) => StatOf(pid)?.Start;

    /// <summary>What stat says of a process; null if it is gone.</summary>
    public ProcStat? StatOf(uint pid)
    {
        // The name in parentheses may contain anything; fields 4, the parent, 9, the flags, and 22 are the second, the seventh and the 20th behind it.
        byte[] bytes = Read(pid, "stat", LongestStat) ?? [];
        int open = Array.IndexOf(bytes, (byte)'(');
        int close = Array.LastIndexOf(bytes, (byte)')');
        string[] fields = open < 0 || close < open ? [] : Encoding.Latin1.GetString(bytes.AsSpan(close + 1)).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return fields.Length > 19
            && uint.TryParse(fields[1], CultureInfo.InvariantCulture, out uint parent)
            && uint.TryParse(fields[6], CultureInfo.InvariantCulture, out uint flags)
            && ulong.TryParse(fields[19], CultureInfo.InvariantCulture, out ulong ticks)
                ? new ProcStat(new HostText(bytes.AsMemory((open + 1)..close)), parent, ticks * (1_000_000_000 / TicksPerSecond), (flags & FlagOfKernel) != 0)
                : null;
    }

    /// <summary>The lines of status by their names, each in columns; none if it cannot be read.</summary>
    public Dictionary<string, string[]> StatusOf(uint pid)
    {
        var lines = new Dictionary<string, string[]>(StringComparer.Ordinal);
        foreach (string line in Encoding.Latin1.GetString(Read(pid, "status", LongestFile) ?? []).Split('\n'))
        {
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon > 0)
            {
                lines.TryAdd(line[..colon], line[(colon + 1)..].Split(['\t', ' '], StringSplitOptions.RemoveEmptyEntries));
            }
        }

        return lines;
    }

    /// <summary>The real user of a process; null if it is gone. Less to read than all of status.</summary>
    public uint? UidOf(uint pid)
    {
        ReadOnlySpan<byte> status = Read(pid, "status", StatusUpToUid);
        ReadOnlySpan<byte> line = "\nUid:\t"u8; // the real one, the effective one, …
        int at = status.IndexOf(line);
        return at >= 0 && Utf8Parser.TryParse(status[(at + line.Length)..], out uint uid, out _) ? uid : null;
    }

    /// <summary>A file of one line, such as comm; empty if it cannot be read.</summary>
    public HostText LineOf(uint pid, string file) => new((Read(pid, file, LongestFile) ?? []).AsMemory().TrimEnd((byte)'\n'));

    /// <summary>The path in the v2 hierarchy, or in memory's where that is empty.</summary>
    public HostText CgroupOf(uint pid)
    {
        string[] lines = Encoding.UTF8.GetString(Read(pid, "cgroup", LongestFile) ?? []).Split('\n');
        string? unified = lines.FirstOrDefault(static line => line.StartsWith("0::", StringComparison.Ordinal))?[3..];
        return HostText.Of(unified is not (null or "/")
            ? unified
            : lines.FirstOrDefault(static line => line.Contains(":memory:", StringComparison.Ordinal))?.Split(':', 3)[2] ?? unified ?? "/");
    }

    /// <summary>The root directory of a process, as a place to find files below; null if the process is gone or not ours to look into.</summary>
    public SafeFileHandle? OpenRoot(uint pid) => RootedFile.OpenRoot(PathOf(pid, "root"));

    private SafeFileHandle? OpenInRootOf(uint pid, HostText path, Predicate<FileDetails> isWanted)
    {
        using SafeFileHandle? directory = OpenRoot(pid);
        using SafeFileHandle? found = directory is null ? null : RootedFile.Find(directory, path.Bytes, out _);
        return found is not null
            && FileDetails.Of(found) is FileDetails details && isWanted(details)
            && FileSystemType.Of(found) is ulong type && !FileSystemType.MayNeverAnswer(type)
                ? RootedFile.Open(found, out _)
                : null;
    }

    private uint? NamespaceOf(uint pid, string kind)
    {
        // mnt:[4026531841]
        string? link = ReadLink(pid, "ns/" + kind);
        int open = link?.LastIndexOf('[') ?? -1;
        return open >= 0 && uint.TryParse(link.AsSpan(open + 1, link!.Length - open - 2), CultureInfo.InvariantCulture, out uint number) ? number : null;
    }

    private string PathOf(uint pid, string file) => string.Create(CultureInfo.InvariantCulture, $"{root}/{pid}/{file}");

    private static string? LinkAt(string path)
    {
        try
        {
            return File.ResolveLinkTarget(path, returnFinalTarget: false)?.ToString();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static SafeFileHandle? Open(string path)
    {
        try
        {
            return File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
