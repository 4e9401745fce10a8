using System.Globalization;
using System.Text;

namespace Tallyman.Agent.Tests.Sources.Auditd;

/// <summary>
/// Writes executions as the kernel and auditd do, from the rules of the format and not from the code that reads it: what is
/// quoted and what is hexadecimal, where an argument is split and where a record ends.
/// </summary>
internal sealed class AuditWriter(Random random)
{
    /// <summary>Bytes of arguments for which there is room in a record.</summary>
    private const int RecordRoom = 7500;

    /// <summary>What the kernel keeps free of it for names, and without which it begins another record.</summary>
    private const int NameRoom = 96;
    private const int LeastRoom = NameRoom + 8;

    public bool IsEnriched { get; init; }

    public string Node { get; init; } = "";

    /// <summary>The lines of one execution, in the order in which the kernel writes them, without their ends.</summary>
    public List<byte[]> Write(DateTimeOffset time, ulong serial, IReadOnlyList<byte[]> argv, string executable = "/usr/bin/docker", uint pid = 4242)
    {
        var lines = new List<byte[]>();
        string name = executable[(executable.LastIndexOf('/') + 1)..];
        string comm = name[..Math.Min(15, name.Length)];
        void Add(string type, string body, string added) => lines.Add(Encoding.Latin1.GetBytes(string.Create(
            CultureInfo.InvariantCulture,
            $"{(Node.Length > 0 ? $"node={Node} " : "")}type={type} msg=audit({time.ToUnixTimeSeconds()}.{time.Millisecond:000}:{serial}): {body}{(IsEnriched && added.Length > 0 ? "\x1d" + added : "")}")));

        Add(
            "SYSCALL",
            $"arch=c000003e syscall=59 success=yes exit=0 a0=5621b0bef054 a1=7ffcf7e40970 a2=7ffcf7e408d0 a3=7f561e9eeb28 items=2 ppid=4200 pid={pid} auid=1000 uid=1001 gid=1002 euid=1003 suid=1003 fsuid=1003 egid=1002 sgid=1002 fsgid=1002 tty=pts0 ses=7 comm={Text(comm)} exe={Text(executable)} key=\"tallyman\"",
            "ARCH=x86_64 SYSCALL=execve AUID=\"x\" exe=\"/bin/false\" UID=\"ann\"");
        foreach (string body in ArgumentRecords(argv))
        {
            Add("EXECVE", body, "");
        }

        Add("CWD", "cwd=\"/root\"", "");
        Add("PATH", $"item=0 name={Text(executable)} inode=12542132 dev=fe:00 mode=0100755 ouid=0 ogid=0 rdev=00:00 nametype=NORMAL cap_fp=0", "OUID=\"root\" OGID=\"root\"");
        Add("PATH", "item=1 name=\"/lib64/ld-linux-x86-64.so.2\" inode=331651 dev=fe:00 mode=0100755 ouid=0 ogid=0 rdev=00:00 nametype=NORMAL cap_fp=0", "OUID=\"root\" OGID=\"root\"");
        byte[] title = [.. argv.SelectMany(static argument => argument.Append((byte)0)).Take(128)];
        Add("PROCTITLE", $"proctitle={Convert.ToHexString(title)}", "");
        return lines;
    }

    /// <summary>An argument vector such as people use, and such as the format finds hard.</summary>
    public List<byte[]> SomeArguments()
    {
        var argv = new List<byte[]> { Bytes("docker") };
        int count = random.Next(8) == 0 ? random.Next(600) : random.Next(12);
        for (int i = 0; i < count; i++)
        {
            argv.Add(random.Next(12) switch
            {
                0 => [],
                1 => Bytes("(null)"),
                2 => Bytes("4142"),
                3 => Bytes("key=\"x\" type=EXECVE msg=audit(1.0:1): a0=41"),
                4 => Bytes("\\x41" + new string('?', random.Next(3))),
                5 => [.. Enumerable.Range(0, random.Next(64)).Select(_ => (byte)random.Next(1, 256))],
                6 when count < 40 => Enumerable.Repeat((byte)(random.Next(3) == 0 ? ' ' : 'A'), BoundarySize()).ToArray(),
                _ => Bytes(new string((char)random.Next('!', '~'), random.Next(40))),
            });
        }

        return argv;

        static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);
    }

    /// <summary>Around the sizes at which the kernel begins to do something else.</summary>
    private int BoundarySize() => random.Next(6) switch
    {
        0 => random.Next(7290, 7310),
        1 => random.Next(7395, 7405),
        2 => random.Next(7480, 7510),
        3 => random.Next(3000, 3800),
        4 => random.Next(14_980, 15_020),
        _ => random.Next(1, 131_072),
    };

    private static string Text(string text) => text.Any(static c => c is < '!' or > '~' or '"') ? Convert.ToHexString(Encoding.UTF8.GetBytes(text)) : $"\"{text}\"";

    private static List<string> ArgumentRecords(IReadOnlyList<byte[]> argv)
    {
        var records = new List<string>();
        var record = new StringBuilder(string.Create(CultureInfo.InvariantCulture, $"argc={argv.Count}"));
        int room = RecordRoom;
        for (int argument = 0; argument < argv.Count; argument++)
        {
            byte[] bytes = argv[argument];
            bool isHex = bytes.Length >= RecordRoom || bytes.Any(static b => b is < 0x21 or > 0x7e or (byte)'"');
            int length = isHex ? 2 * bytes.Length : bytes.Length;
            bool isSplit = bytes.Length >= RecordRoom;
            int done = 0;
            int piece = 0;
            do
            {
                if (room < LeastRoom)
                {
                    records.Add(record.ToString());
                    record = new StringBuilder(" "); // the name of the field brings a second blank
                    room = RecordRoom;
                }

                isSplit |= (isHex ? length : length + 2) + NameRoom > room;
                string name = !isSplit ? string.Create(CultureInfo.InvariantCulture, $" a{argument}=")
                    : piece == 0 ? string.Create(CultureInfo.InvariantCulture, $" a{argument}_len={length} a{argument}[0]=")
                    : string.Create(CultureInfo.InvariantCulture, $" a{argument}[{piece}]=");
                room -= name.Length;
                int taken = Math.Min(bytes.Length - done, isHex ? room / 2 : room - 2);
                ReadOnlySpan<byte> part = bytes.AsSpan(done, taken);
                record.Append(name).Append(isHex ? Convert.ToHexString(part) : $"\"{Encoding.Latin1.GetString(part)}\"");
                room -= isHex ? 2 * taken : taken + 2;
                done += taken;
                piece++;
            }
            while (done < bytes.Length);
        }

        records.Add(record.ToString());
        return records;
    }
}
