using System.Buffers.Text;

namespace Tallyman.Agent.Sources.Auditd;

/// <summary>
/// The fields NAME=VALUE of a record's body, one after the other. A value in quotes ends with the next quote, whatever is in
/// it: the kernel writes texts that have a quote in hexadecimal.
/// </summary>
internal ref struct AuditFields(ReadOnlySpan<byte> body)
{
    private ReadOnlySpan<byte> _rest = body;

    public ReadOnlySpan<byte> Name { get; private set; }

    /// <summary>As it is written, with its quotes.</summary>
    public ReadOnlySpan<byte> Value { get; private set; }

    public readonly uint? Number => Utf8Parser.TryParse(Value, out uint number, out int length) && length == Value.Length ? number : null;

    public bool MoveNext()
    {
        int equals = _rest.IndexOf((byte)'=');
        if (equals < 0)
        {
            return false;
        }

        ReadOnlySpan<byte> name = _rest[..equals];
        Name = name[(name.LastIndexOf((byte)' ') + 1)..]; // some records have free text between their fields
        ReadOnlySpan<byte> rest = _rest[(equals + 1)..];
        int end = rest is [(byte)'"', .. var quoted] ? 2 + quoted.IndexOf((byte)'"') : rest.IndexOf((byte)' ');
        bool isOpen = rest is [(byte)'"', ..] ? end == 1 : end < 0; // an unclosed quote takes what is left, as the last field does
        Value = isOpen ? rest : rest[..end];
        _rest = rest[Value.Length..];
        return true;
    }
}
