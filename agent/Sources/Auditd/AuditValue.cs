using System.Buffers;

namespace Tallyman.Agent.Sources.Auditd;

/// <summary>
/// Texts as the kernel writes them (audit_log_untrustedstring): in quotes, as they are, without any escapes, or in hexadecimal
/// without quotes. So a0="(null)" and a0="41" are what they say, (null) is nothing and 41 is the letter A.
/// </summary>
internal static class AuditValue
{
    /// <param name="value">With its quotes.</param>
    /// <param name="scratch">At least half as long as the value; the text lies at its beginning if the value is hexadecimal, else in the value.</param>
    /// <returns>False if it is neither form: (null), (none), ?, or cut off.</returns>
    public static bool TryRead(ReadOnlySpan<byte> value, Span<byte> scratch, out ReadOnlySpan<byte> text)
    {
        if (value is [(byte)'"', .. ReadOnlySpan<byte> quoted, (byte)'"'])
        {
            text = quoted;
            return true;
        }

        int length = 0;
        bool isText = !value.IsEmpty && Convert.FromHexString(value, scratch, out _, out length) == OperationStatus.Done;
        text = scratch[..(isText ? length : 0)];
        return isText;
    }

    /// <summary>The text of a value that is kept; nothing where it is none.</summary>
    public static ReadOnlyMemory<byte> Decode(ReadOnlySpan<byte> value)
    {
        byte[] scratch = value is [(byte)'"', ..] ? [] : new byte[value.Length / 2];
        return !TryRead(value, scratch, out ReadOnlySpan<byte> text) ? default : scratch.Length > 0 ? scratch : text.ToArray();
    }
}
