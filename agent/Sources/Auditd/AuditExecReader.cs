using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Tallyman.Agent.Model;

namespace Tallyman.Agent.Sources.Auditd;

/// <summary>Reads an execution from the records of its event. Total: what is missing or odd is left out, and argv says so.</summary>
internal sealed class AuditExecReader
{
    /// <summary>So often the kernel lets the interpreter of a script be a script (exec_binprm).</summary>
    private const int MostInterpreters = 5;

    private static readonly HostText Root = HostText.Of("/");

    private readonly AuditArguments _arguments = new();

    /// <summary>Values of arguments that were no text in any form.</summary>
    public ulong Undecodable => _arguments.Undecodable;

    /// <param name="audit">Only read during the call.</param>
    public AuditExec Read(AuditEvent audit, byte[] node)
    {
        ExecEvent process = ProcessOf(audit, out uint? descriptor);
        Item[] items = ItemsOf(audit);
        (Argv argv, uint argc, long missing) = ArgvOf(audit);
        int interpreters = InterpretersOf(argv, items, process.Executable);
        AuditFile? file = items[interpreters].File;
        ExecEvent exec = process with
        {
            Audit = new AuditId(Encoding.UTF8.GetString(node), audit.Key.Milliseconds, audit.Key.Serial),
            Argv = argv,
            Argc = argc,
            MissingBytes = missing,
            FileName = FileNameOf(items[0].Name, descriptor, process.Executable),
            ExecutableInode = file?.Inode,
            Directory = DirectoryOf(audit),
        };
        return new AuditExec(exec, file, IsScript: interpreters > 0);
    }

    /// <summary>The number that a field of a record has; null if there is no such field, or no number in it.</summary>
    public static uint? NumberIn(ReadOnlySpan<byte> body, ReadOnlySpan<byte> name)
    {
        var fields = new AuditFields(body);
        while (fields.MoveNext())
        {
            if (fields.Name.SequenceEqual(name))
            {
                return fields.Number;
            }
        }

        return null;
    }

    /// <summary>Without what the kernel (d_path) writes behind the path of a file that has no name any more.</summary>
    public static ReadOnlySpan<byte> PathOf(ReadOnlySpan<byte> executable)
    {
        ReadOnlySpan<byte> deleted = " (deleted)"u8;
        return executable.EndsWith(deleted) ? executable[..^deleted.Length] : executable;
    }

    /// <summary>
    /// How many interpreters the kernel has put in front: the first is the second file, and where it is a script itself, its own is
    /// the third. The last of them is what runs. In argv they stand the other way round, with the script that was asked for behind
    /// them, and each may have one argument of its own. That also holds where somebody gives a program the arguments of its own
    /// dynamic loader, which is then the second file: there the loader would have to be what runs.
    /// </summary>
    private static int InterpretersOf(Argv argv, Item[] items, HostText executable)
    {
        for (int last = 1; last < items.Length; last++)
        {
            if (IsChain(argv, 0, items, last)
                && (Executables.OfPath(items[last].Name.Bytes)?.Tool != Tool.Loader || Executables.OfPath(executable.Bytes)?.Tool == Tool.Loader))
            {
                return last;
            }
        }

        return 0;
    }

    private static bool IsChain(Argv argv, int argument, Item[] items, int item) =>
        argument < argv.Count && !items[item].Name.IsEmpty && argv[argument].SequenceEqual(items[item].Name.Bytes)
        && (item == 0 || IsChain(argv, argument + 1, items, item - 1) || IsChain(argv, argument + 2, items, item - 1));

    /// <summary>As the kernel calls it: execveat(2) by a descriptor has a name below /dev/fd.</summary>
    private static HostText FileNameOf(HostText asked, uint? descriptor, HostText executable)
    {
        if (descriptor is not null && asked.Bytes is not [(byte)'/', ..])
        {
            HostText name = HostText.Of(string.Create(CultureInfo.InvariantCulture, $"/dev/fd/{descriptor}"));
            return asked.IsEmpty ? name : name.To(asked);
        }

        return asked.IsEmpty ? executable : asked;
    }

    private (Argv Argv, uint Argc, long Missing) ArgvOf(AuditEvent audit)
    {
        _arguments.Clear();
        foreach (ReadOnlySpan<byte> body in audit.Records(AuditType.Execve))
        {
            _arguments.Add(body);
        }

        if (audit.HasArguments)
        {
            var argv = Argv.FromArea(_arguments.Join());
            return (argv, Math.Max(_arguments.Argc ?? 0, (uint)argv.Count), _arguments.Missing);
        }

        // The records of the arguments are lost. The title has the first 128 bytes of what the process itself says they are.
        foreach (ReadOnlySpan<byte> body in audit.Records(AuditType.Proctitle))
        {
            var fields = new AuditFields(body);
            if (fields.MoveNext() && fields.Name.SequenceEqual("proctitle"u8))
            {
                var argv = Argv.FromArea(AuditValue.Decode(fields.Value));
                return (argv, (uint)argv.Count, 1);
            }
        }

        return (Argv.Empty, 0, 1);
    }

    /// <param name="descriptor">That execveat(2) was given; null if it counts from the current directory.</param>
    private static ExecEvent ProcessOf(AuditEvent audit, out uint? descriptor)
    {
        const uint CurrentDirectory = unchecked((uint)-100);
        uint architecture = 0, first = 0, pid = 0, parent = 0, uid = 0, euid = 0, gid = 0;
        bool isExecveat = false;
        uint? login = null, session = null;
        HostText tty = default, comm = default;
        HostText? exe = null;
        foreach (ReadOnlySpan<byte> body in audit.Records(AuditType.Syscall))
        {
            var fields = new AuditFields(body);
            while (exe is null && fields.MoveNext()) // it is the last that is wanted, and labels of security modules, which follow, are any text
            {
                ReadOnlySpan<byte> value = fields.Value;
                switch (fields.Name)
                {
                    case var name when name.SequenceEqual("arch"u8): architecture = Hexadecimal(value); break;
                    case var name when name.SequenceEqual("syscall"u8): isExecveat = AuditSyscall.IsExecveat(architecture, fields.Number ?? 0); break;
                    case var name when name.SequenceEqual("a0"u8): first = Hexadecimal(value); break;
                    case var name when name.SequenceEqual("pid"u8): pid = fields.Number ?? 0; break;
                    case var name when name.SequenceEqual("ppid"u8): parent = fields.Number ?? 0; break;
                    case var name when name.SequenceEqual("auid"u8): login = IfSet(fields.Number); break;
                    case var name when name.SequenceEqual("ses"u8): session = IfSet(fields.Number); break;
                    case var name when name.SequenceEqual("tty"u8): tty = value.SequenceEqual("(none)"u8) ? default : new HostText(value.ToArray()); break;
                    case var name when name.SequenceEqual("uid"u8): uid = fields.Number ?? 0; break;
                    case var name when name.SequenceEqual("euid"u8): euid = fields.Number ?? 0; break;
                    case var name when name.SequenceEqual("gid"u8): gid = fields.Number ?? 0; break;
                    case var name when name.SequenceEqual("comm"u8): comm = new HostText(AuditValue.Decode(value)); break;
                    case var name when name.SequenceEqual("exe"u8): exe = new HostText(AuditValue.Decode(value)); break;
                }
            }
        }

        HostText executable = exe ?? default;
        ReadOnlySpan<byte> path = PathOf(executable.Bytes);
        bool isDeleted = path.Length < executable.Bytes.Length;
        descriptor = isExecveat && first != CurrentDirectory ? first : null;
        return new ExecEvent
        {
            Key = new ExecKey(pid, 0, 0),
            Time = DateTimeOffset.FromUnixTimeMilliseconds(audit.Key.Milliseconds),
            Source = "",
            Argv = Argv.Empty,
            Program = Executables.Unnamed,
            Executable = isDeleted ? new HostText(path.ToArray()) : executable,
            Links = isDeleted ? 0u : 1,
            Root = Root,
            Comm = comm,
            Pid = pid,
            ParentPid = parent,
            Uid = uid,
            Euid = euid,
            Gid = gid,
            LoginUid = login,
            Session = session,
            Tty = tty,
        };

        static uint? IfSet(uint? number) => number == uint.MaxValue ? null : number;
    }

    /// <summary>The first files that the call looked up, by their numbers; empty ones where there are none.</summary>
    private static Item[] ItemsOf(AuditEvent audit)
    {
        var items = new Item[1 + MostInterpreters];
        foreach (ReadOnlySpan<byte> body in audit.Records(AuditType.Path))
        {
            if (NumberIn(body, "item"u8) is uint number && number < items.Length)
            {
                var fields = new AuditFields(body);
                ulong inode = 0;
                string? device = null;
                while (device is null && fields.MoveNext()) // what follows may be any text
                {
                    switch (fields.Name)
                    {
                        case var name when name.SequenceEqual("name"u8): items[number].Name = new HostText(AuditValue.Decode(fields.Value)); break;
                        case var name when name.SequenceEqual("inode"u8): _ = Utf8Parser.TryParse(fields.Value, out inode, out int _); break;
                        case var name when name.SequenceEqual("dev"u8): device = Encoding.Latin1.GetString(fields.Value[..Math.Min(fields.Value.Length, 16)]); break;
                    }
                }

                items[number].File = inode == 0 ? null : new AuditFile(inode, device ?? "");
            }
        }

        return items;
    }

    private static HostText DirectoryOf(AuditEvent audit)
    {
        foreach (ReadOnlySpan<byte> body in audit.Records(AuditType.Cwd))
        {
            var fields = new AuditFields(body);
            while (fields.MoveNext())
            {
                if (fields.Name.SequenceEqual("cwd"u8))
                {
                    return new HostText(AuditValue.Decode(fields.Value));
                }
            }
        }

        return default;
    }

    /// <summary>The low half of a register: descriptors are 32 bits wide.</summary>
    private static uint Hexadecimal(ReadOnlySpan<byte> value) =>
        ulong.TryParse(value, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong number) ? (uint)number : 0;

    private struct Item
    {
        public HostText Name;
        public AuditFile? File;
    }
}
