using Tallyman.Agent.Model;

namespace Tallyman.Agent.CommandLines.Meanings;

/// <summary>--cap-add: one name a flag, or a comma list where the tool splits it. Names that no engine knows mean nothing.</summary>
/// <param name="isPrefixed">Whether only CAP_SYS_ADMIN is a name, in capitals and with its prefix.</param>
internal sealed class CapabilityMeaning(bool isList, bool isPrefixed) : Meaning
{
    /// <summary>capabilities(7), Linux 6.18.</summary>
    private static readonly HashSet<string> Known = new(StringComparer.Ordinal)
    {
        "ALL", "AUDIT_CONTROL", "AUDIT_READ", "AUDIT_WRITE", "BLOCK_SUSPEND", "BPF", "CHECKPOINT_RESTORE", "CHOWN", "DAC_OVERRIDE",
        "DAC_READ_SEARCH", "FOWNER", "FSETID", "IPC_LOCK", "IPC_OWNER", "KILL", "LEASE", "LINUX_IMMUTABLE", "MAC_ADMIN", "MAC_OVERRIDE",
        "MKNOD", "NET_ADMIN", "NET_BIND_SERVICE", "NET_BROADCAST", "NET_RAW", "PERFMON", "SETFCAP", "SETGID", "SETPCAP", "SETUID",
        "SYSLOG", "SYS_ADMIN", "SYS_BOOT", "SYS_CHROOT", "SYS_MODULE", "SYS_NICE", "SYS_PACCT", "SYS_PTRACE", "SYS_RAWIO", "SYS_RESOURCE",
        "SYS_TIME", "SYS_TTY_CONFIG", "WAKE_ALARM",
    };

    public override void Read(Reading reading, FlagUse? use)
    {
        if (use is not FlagUse given)
        {
            return;
        }

        string text = reading.Text(given);
        foreach (string name in isList ? text.Split(',') : [text])
        {
            if (NameOf(name) is string capability && (!isPrefixed || name == "CAP_" + capability))
            {
                reading.Add(FactKind.CapAdd, capability, Reading.ArgOf(given));
            }
        }
    }

    /// <summary>In any case, with CAP_ or without: the name as in the manual, without CAP_; null if there is none such.</summary>
    public static string? NameOf(string text)
    {
        string name = text.ToUpperInvariant();
        name = name.StartsWith("CAP_", StringComparison.Ordinal) ? name[4..] : name;
        return Known.Contains(name) ? name : null;
    }
}
