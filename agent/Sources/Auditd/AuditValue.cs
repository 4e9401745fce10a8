using System.Buffers;

namespace Tallyman.Agent.Sources.Auditd;

/// <summary>
/// Texts as the kernel writes them (audit_log_untrustedstring): in quotes, as they are, without any escapes, or in hexadecimal
/// without quotes. So a0="(null)" and a0="41" are what they say, (null) is nothing and 41 is the letter A.
/// </summary>
internal static class AuditValue
{
    /// <param name="value">With its quotes.</param>
    /// <param name="text">At least as long as the value.</param>
    /// <returns>False if it is neither form: (null), (none), ?, or cut off.</returns>
    public static bool TryDecode(ReadOnlySpan<byte> value, Span<byte> text, out int length)
    {
        if (value is [(byte)'"', .. ReadOnlySpan<byte> quoted, (byte)'"'])
        {
            quoted.CopyTo(text);
            length = quoted.Length;
            return true;
        }

        length = 0;
        return !value.IsEmpty && Convert.FromHexString(value, text, out _, out length) == OperationStatus.Done;
    }

    /// <summary>The text of a value that is kept; nothing where it is none.</summary>
    public static ReadOnlyMemory<byte> Decode(ReadOnlySpan<byte> value)
    {
        byte[] text = new byte[value.Length];
        return TryDecode(value, text, out int length) ? text.AsMemory(0, length) : default;
    }
}
