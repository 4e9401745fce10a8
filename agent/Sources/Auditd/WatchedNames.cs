using System.Runtime.InteropServices;
using System.Text;
using Tallyman.Agent.Model;

namespace Tallyman.Agent.Sources.Auditd;

/// <summary>Finds the watched program of a name by its first 15 bytes, which is what the kernel keeps of it in comm.</summary>
internal static class WatchedNames
{
    private const int Longest = 15;

    private static readonly Dictionary<UInt128, Executable> Programs = Executables.All.ToDictionary(static program => KeyOf(Encoding.ASCII.GetBytes(program.Name)));

    public static Executable? Find(ReadOnlySpan<byte> name) => name.IsEmpty ? null : Programs.GetValueOrDefault(KeyOf(name));

    /// <summary>The last name of a path.</summary>
    public static ReadOnlySpan<byte> LastOf(ReadOnlySpan<byte> path) => path[(path.LastIndexOf((byte)'/') + 1)..];

    private static UInt128 KeyOf(ReadOnlySpan<byte> name)
    {
        Span<byte> bytes = stackalloc byte[Longest + 1];
        bytes.Clear();
        name[..Math.Min(name.Length, Longest)].CopyTo(bytes);
        return MemoryMarshal.Read<UInt128>(bytes);
    }
}
