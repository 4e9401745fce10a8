using System.Text;
using Tallyman.Agent.Model;
using Tallyman.Rendering;

namespace Tallyman.Agent.Actors;

/// <summary>
/// The unit of systemd that a process runs in, from its cgroup: slices, then the unit; in that of a user's manager once more
/// (systemd, src/basic/cgroup-util.c).
/// </summary>
internal static class SystemdCgroup
{
    private const string SliceEnding = ".slice";
    private static readonly string[] Endings = [".service", ".scope", ".socket", ".mount", ".swap"];

    /// <returns>Null if systemd has not made it.</returns>
    public static SystemdUnit? In(string cgroup)
    {
        string[] parts = cgroup.Split('/', StringSplitOptions.RemoveEmptyEntries);
        int slices = parts.TakeWhile(IsSlice).Count();
        string slice = slices > 0 ? Decode(parts[slices - 1]) : "";
        string unit = UnitAt(parts, slices);
        if (unit.Length == 0)
        {
            return slices > 0 ? new SystemdUnit("", "", slice) : null;
        }

        string[] below = unit.StartsWith("user@", StringComparison.Ordinal) ? parts[(slices + 1)..] : [];
        return new SystemdUnit(Decode(unit), Decode(UnitAt(below, below.TakeWhile(IsSlice).Count())), slice);
    }

    private static bool IsSlice(string name) => name.Length > SliceEnding.Length && name.EndsWith(SliceEnding, StringComparison.Ordinal);

    /// <summary>The unit at this place; empty if it is none. One that would be taken for a file of the kernel has "_" in front.</summary>
    private static string UnitAt(string[] parts, int at) =>
        at < parts.Length && Array.Exists(Endings, ending => parts[at].Length > ending.Length && parts[at].EndsWith(ending, StringComparison.Ordinal))
            ? parts[at][(parts[at][0] == '_' ? 1 : 0)..]
            : "";

    /// <summary>With \xNN as the byte that it stands for: systemd.unit(5).</summary>
    private static string Decode(string name)
    {
        if (!name.Contains('\\'))
        {
            return name;
        }

        byte[] bytes = Encoding.UTF8.GetBytes(name);
        var decoded = new MemoryStream(bytes.Length);
        for (int i = 0; i < bytes.Length; i++)
        {
            if (bytes.AsSpan(i) is [(byte)'\\', (byte)'x', byte high, byte low, ..] && char.IsAsciiHexDigit((char)high) && char.IsAsciiHexDigit((char)low))
            {
                decoded.Write(Convert.FromHexString([(char)high, (char)low]));
                i += 3;
            }
            else
            {
                decoded.WriteByte(bytes[i]);
            }
        }

        return SafeText.Decode(decoded.ToArray());
    }
}
