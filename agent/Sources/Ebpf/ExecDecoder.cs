using System.Collections.Immutable;
using System.Text;
using Tallyman.Agent.Model;

namespace Tallyman.Agent.Sources.Ebpf;

/// <summary>Makes events of what the kernel sent.</summary>
/// <param name="boot">When the host booted: the kernel's times count from there.</param>
internal sealed class ExecDecoder(BootClock boot, ProcFs proc)
{
    private const string Source = "ebpf";

    /// <summary>Variables that change what the tools do, or tell who calls.</summary>
    private static readonly ImmutableHashSet<string> Variables = ImmutableHashSet.Create(
        StringComparer.Ordinal,
        "DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG", "DOCKER_TLS_VERIFY", "DOCKER_BUILDKIT", "DOCKER_CLI_PLUGIN_ORIGINAL_CLI_COMMAND",
        "BUILDKIT_HOST", "BUILDX_BUILDER", "COMPOSE_FILE", "COMPOSE_PROJECT_NAME", "COMPOSE_PROFILES", "COMPOSE_ENV_FILES", "COMPOSE_PATH_SEPARATOR",
        "KUBECONFIG", "KUBERC", "KUBECTL_EXTERNAL_DIFF", "KUBE_EDITOR",
        "CONTAINER_HOST", "CONTAINER_CONNECTION", "CONTAINERS_CONF", "CONTAINERS_CONF_OVERRIDE", "CONTAINERS_STORAGE_CONF",
        "CONTAINERD_ADDRESS", "CONTAINERD_NAMESPACE", "CONTAINERD_SNAPSHOTTER", "NERDCTL_TOML", "CNI_PATH", "NETCONFPATH",
        "CONTAINER_RUNTIME_ENDPOINT", "IMAGE_SERVICE_ENDPOINT", "CRI_CONFIG_FILE",
        "HOME", "XDG_RUNTIME_DIR", "SUDO_USER", "SUDO_UID", "SSH_CONNECTION");

    /// <summary>The path of the executable alone.</summary>
    public static HostText ExecutableOf(RawExec raw)
    {
        var parts = new Parts(raw.Data);
        _ = parts.Next(raw.Head.Filename);
        return PathOf(parts.Next(raw.Head.Executable), raw.Head.Flags.HasFlag(ExecFlags.ExecutableCut));
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
            Key = new ExecKey(head.Key.Tgid, head.Key.StartBoottime, head.Key.SelfExecId),
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
            Environment = EnvironmentOf(environment.IsEmpty ? raw.Environment.Join() : environment),
            Pid = head.Pid,
            ParentPid = head.Ppid,
            Uid = head.Uid,
            Euid = head.Euid,
            Gid = head.Gid,
            LoginUid = head.Loginuid == uint.MaxValue ? null : head.Loginuid,
            Session = head.Session == uint.MaxValue ? null : head.Session,
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

    private static ImmutableDictionary<string, HostText> EnvironmentOf(ReadOnlyMemory<byte> area)
    {
        ImmutableDictionary<string, HostText> kept = ImmutableDictionary<string, HostText>.Empty;
        while (!area.IsEmpty)
        {
            int end = area.Span.IndexOf((byte)0);
            ReadOnlyMemory<byte> variable = end < 0 ? area : area[..end];
            int equals = variable.Span.IndexOf((byte)'=');
            if (equals > 0 && Variables.TryGetValue(Encoding.UTF8.GetString(variable.Span[..equals]), out string? name) && !kept.ContainsKey(name))
            {
                kept = kept.Add(name, new HostText(variable[(equals + 1)..].ToArray())); // the first one is what getenv(3) finds
            }

            area = end < 0 ? default : area[(end + 1)..];
        }

        return kept;
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
