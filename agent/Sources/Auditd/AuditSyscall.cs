using System.Globalization;

namespace Tallyman.Agent.Sources.Auditd;

/// <summary>What a SYSCALL record says of the call itself, and the texts by which most are found to be of no interest.</summary>
internal readonly ref struct AuditSyscall
{
    private AuditSyscall(bool isExecution, bool? succeeded, ReadOnlySpan<byte> comm, ReadOnlySpan<byte> executable)
    {
        IsExecution = isExecution;
        Succeeded = succeeded;
        Comm = comm;
        Executable = executable;
    }

    public bool IsExecution { get; }

    /// <summary>Null if the record does not say.</summary>
    public bool? Succeeded { get; }

    /// <summary>As it is written, with its quotes.</summary>
    public ReadOnlySpan<byte> Comm { get; }

    /// <summary>As it is written, with its quotes.</summary>
    public ReadOnlySpan<byte> Executable { get; }

    public static AuditSyscall Read(AuditRecord record)
    {
        var fields = new AuditFields(record.Body);
        uint architecture = 0;
        bool isExecution = false;
        bool? succeeded = null;
        ReadOnlySpan<byte> comm = default;
        ReadOnlySpan<byte> executable = default;
        while (fields.MoveNext())
        {
            ReadOnlySpan<byte> name = fields.Name;
            if (name.SequenceEqual("arch"u8))
            {
                _ = uint.TryParse(fields.Value, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out architecture);
            }
            else if (name.SequenceEqual("syscall"u8))
            {
                isExecution = IsExecve(architecture, fields.Number ?? 0) || IsNamedExecve(record.Added);
                if (!isExecution)
                {
                    return default;
                }
            }
            else if (name.SequenceEqual("success"u8))
            {
                succeeded ??= fields.Value.SequenceEqual("yes"u8) ? true : fields.Value.SequenceEqual("no"u8) ? false : null;
            }
            else if (name.SequenceEqual("exit"u8))
            {
                succeeded ??= fields.Value is [(byte)'-', ..] ? false : fields.Number is null ? null : true;
            }
            else if (name.SequenceEqual("comm"u8))
            {
                comm = fields.Value;
            }
            else if (name.SequenceEqual("exe"u8))
            {
                executable = fields.Value;
                break; // it is the last that is wanted
            }
        }

        return new AuditSyscall(isExecution, succeeded, comm, executable);
    }

    /// <summary>execve and execveat by their numbers: AUDIT_ARCH_… of linux/audit.h, and each architecture's table of system calls.</summary>
    public static bool IsExecve(uint architecture, uint number) => (architecture, number) switch
    {
        (0xc000003e, 59 or 322) => true, // x86-64
        (0xc000003e, (0x40000000 | 520) or (0x40000000 | 545)) => true, // its x32
        (0x40000003, 11 or 358) => true, // i386
        (0xc00000b7, 221 or 281) => true, // arm64
        (0x40000028, 11 or 387) => true, // arm
        _ => false,
    };

    /// <summary>Whether the call has the file as a descriptor, or a path from one, in its first argument.</summary>
    public static bool IsExecveat(uint architecture, uint number) => (architecture, number) switch
    {
        (0xc000003e, 322 or (0x40000000 | 545)) or (0x40000003, 358) or (0xc00000b7, 281) or (0x40000028, 387) => true,
        _ => false,
    };

    /// <summary>What auditd says the number means, which it knows for other architectures too.</summary>
    private static bool IsNamedExecve(ReadOnlySpan<byte> added)
    {
        var fields = new AuditFields(added);
        for (int i = 0; i < 2 && fields.MoveNext(); i++)
        {
            if (fields.Name.SequenceEqual("SYSCALL"u8))
            {
                return fields.Value.SequenceEqual("execve"u8) || fields.Value.SequenceEqual("execveat"u8);
            }
        }

        return false;
    }
}
