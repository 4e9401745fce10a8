using System.Globalization;
using System.Text;

namespace Tallyman.Agent.Sources.Auditd;

/// <summary>Types of file systems by their devices, from /proc/PID/mountinfo: nothing is asked of the file systems themselves.</summary>
internal static class MountTable
{
    private static readonly string[] Unreliable = ["fuse", "nfs", "9p", "cifs", "smb", "ceph", "afs", "coda", "vboxsf", "autofs", "virtiofs"];

    /// <summary>Whether its server is a process or another host.</summary>
    public static bool MayNeverAnswer(string type) => Array.Exists(Unreliable, name => type.StartsWith(name, StringComparison.Ordinal));

    /// <param name="mounts">36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue</param>
    /// <param name="device">Major and minor number in hexadecimal: fe:00.</param>
    /// <returns>Null if nothing is mounted from it.</returns>
    public static string? TypeOf(byte[] mounts, string device)
    {
        if (device.Split(':') is not [string major, string minor]
            || !uint.TryParse(major, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint first)
            || !uint.TryParse(minor, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint second))
        {
            return null;
        }

        string wanted = string.Create(CultureInfo.InvariantCulture, $"{first}:{second}");
        foreach (string line in Encoding.Latin1.GetString(mounts).Split('\n'))
        {
            string[] fields = line.Split(' ');
            int mark = Array.IndexOf(fields, "-");
            if (fields.Length > 2 && fields[2] == wanted && mark >= 0 && mark + 1 < fields.Length)
            {
                return fields[mark + 1];
            }
        }

        return null;
    }
}
