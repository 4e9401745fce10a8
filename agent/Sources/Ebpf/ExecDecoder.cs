using Tallyman.Agent.Model;

namespace Tallyman.Agent.Sources.Ebpf;

/// <summary>Makes events of what the kernel sent.</summary>
/// <param name="boot">When the host booted: the kernel's times count from there.</param>
internal sealed class ExecDecoder(BootClock boot, ProcFs proc)
{
    private const string Source = "ebpf";

    /// <summary>The path of the executable alone.</summary>
    public static HostText ExecutableOf(RawExec raw)
    {
        var parts = new Parts(raw.Data);
        _ = parts.Next(raw.Head.Filename);
        return PathOf(parts.Next(raw.Head.Executable), raw.Head.Flags.HasFlag(ExecFlags.ExecutableCut));
    }

    /// <summary>The arguments alone, each with its NUL, if they are all in the head.</summary>
    public static bool TryReadArguments(RawExec raw, out ReadOnlySpan<byte> arguments)
    {
        ExecHead head = raw.Head;
        int before = (int)(head.Filename + head.Executable + head.Directory + head.Root + head.CgroupPath);
        arguments = raw.Data.AsSpan(before, (int)head.Argv);
        return head.Argv == head.ArgvLength;
    }

    public ExecEvent Decode(RawExec raw, Executable program)
    {
        ExecHead head = raw.Head;
        var parts = new Parts(raw.Data);
        HostText filename = new(parts.Next(head.Filename).TrimEnd((byte)0));
        HostText executable = PathOf(parts.Next(head.Executable), head.Flags.HasFlag(ExecFlags.ExecutableCut));
        HostText directory = PathOf(parts.Next(head.Directory), head.Flags.HasFlag(ExecFlags.DirectoryCut));
        HostText root = PathOf(parts.Next(head.Root), head.Flags.HasFlag(ExecFlags.RootCut));
        HostText cgroup = PathOf(parts.Next(head.CgroupPath), head.Flags.HasFlag(ExecFlags.CgroupCut));
        (ReadOnlyMemory<byte> argv, long missing) = ArgvOf(raw, parts.Next(head.Argv));
        ReadOnlyMemory<byte> environment = parts.Next(head.Environment);

        return new ExecEvent
        {
            Key = head.Key.ToKey(),
            Time = boot.At(head.Time),
            Source = Source,
            Argv = Argv.FromArea(argv, (int)Math.Min(head.Argc, int.MaxValue)),
            Argc = head.Argc,
            MissingBytes = missing,
            Program = program,
            IdentifiedBy = head.Match switch { ExecMatch.Name => IdentifiedBy.Name, ExecMatch.Entry => IdentifiedBy.Entry, _ => IdentifiedBy.Content },
            FileName = filename,
            Executable = executable,
            Links = head.Links,
            Directory = Below(directory, root),
            Root = root,
            Cgroup = cgroup,
            Comm = NameOf(head.Comm),
            ParentComm = NameOf(head.ParentComm),
            Environment = WatchedVariables.In(environment.IsEmpty ? raw.Environment.Join() : environment),
            Pid = head.Pid,
            ParentPid = head.Ppid,
            Uid = head.Uid,
            Euid = head.Euid,
            Gid = head.Gid,
            LoginUid = head.Loginuid == uint.MaxValue ? null : head.Loginuid,
            Session = head.Session == uint.MaxValue ? null : head.Session,
            Tty = NameOf(head.Tty),
            CgroupId = head.Cgroup,
            PidNamespace = head.PidNamespace,
            MountNamespace = head.MountNamespace,
            UserNamespace = head.UserNamespace,
        };
    }

    /// <summary>
    /// argv as the kernel sent it. What it could not send is asked of the process, if that still runs; its answer counts
    /// only where it agrees with every byte that was sent, as a process may rewrite its arguments.
    /// </summary>
    private (ReadOnlyMemory<byte> Argv, long Missing) ArgvOf(RawExec raw, ReadOnlyMemory<byte> inHead)
    {
        long missing = (long)raw.Head.ArgvLength - inHead.Length - raw.Argv.Length;
        if (missing <= 0)
        {
            return (inHead.IsEmpty ? raw.Argv.Join() : inHead, 0);
        }

        return proc.ReadCommandLine(raw.Head.Key.Tgid, (long)raw.Head.ArgvLength) is byte[] whole && raw.Argv.IsPartOf(whole)
            ? (whole, 0)
            : (raw.Argv.Join(), missing);
    }

    /// <summary>A path from its names, leaf first. Without its upper directories it begins with "…/".</summary>
    private static HostText PathOf(ReadOnlyMemory<byte> names, bool isCut)
    {
        ReadOnlySpan<byte> bytes = names.Span;
        if (bytes.IsEmpty)
        {
            return HostText.Of("/");
        }

        var path = new MemoryStream(bytes.Length + 4);
        if (isCut)
        {
            path.Write("…"u8);
        }

        int end = bytes.Length - (bytes[^1] == 0 ? 1 : 0);
        while (end > 0)
        {
            int start = bytes[..end].LastIndexOf((byte)0) + 1;
            path.WriteByte((byte)'/');
            path.Write(bytes[start..end]);
            end = start - 1;
        }

        return new HostText(path.ToArray());
    }

    /// <summary>The path as seen from the root. One that does not lie below is said to be unreachable, as getcwd(2) does.</summary>
    private static HostText Below(HostText path, HostText root)
    {
        ReadOnlySpan<byte> above = root.Bytes;
        ReadOnlySpan<byte> bytes = path.Bytes;
        if (above.SequenceEqual("/"u8))
        {
            return path;
        }

        return !bytes.StartsWith(above) || (bytes.Length > above.Length && bytes[above.Length] != '/')
            ? new HostText((byte[])[.. "(unreachable)"u8, .. bytes])
            : bytes.Length == above.Length ? HostText.Of("/")
            : new HostText(bytes[above.Length..].ToArray());
    }

    private static HostText NameOf(CommName name)
    {
        ReadOnlySpan<byte> bytes = name;
        int end = bytes.IndexOf((byte)0);
        return new HostText(bytes[..(end < 0 ? bytes.Length : end)].ToArray());
    }

    /// <summary>Cuts the data behind the head into its parts.</summary>
    private struct Parts(ReadOnlyMemory<byte> data)
    {
        private ReadOnlyMemory<byte> _rest = data;

        public ReadOnlyMemory<byte> Next(uint length)
        {
            ReadOnlyMemory<byte> part = _rest[..(int)length];
            _rest = _rest[(int)length..];
            return part;
        }
    }
}
