using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Tallyman.Agent.CommandLines;

/// <summary>Finds byte strings in dictionaries of names, without making strings of them.</summary>
internal static class Names
{
    public const int Longest = 64;

    public static bool TryFind<T>(Dictionary<string, T> names, ReadOnlySpan<byte> name, [NotNullWhen(true)] out T? found)
        where T : class
    {
        found = null;
        Span<char> text = stackalloc char[Longest];
        return name.Length <= Longest
            && Ascii.ToUtf16(name, text, out int length) == System.Buffers.OperationStatus.Done
            && names.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(text[..length], out found);
    }
}
