using Tallyman.Agent.Status;

namespace Tallyman.Agent.Sources.Auditd;

/// <summary>Bytes of audit logs in, executions out, everything that is left out counted. One reading may go over many files.</summary>
internal sealed class AuditReading
{
    private readonly AuditLines _lines;
    private readonly AuditAssembler _assembler;
    private readonly AuditExecReader _reader = new();
    private readonly Action<AuditExec> _receive;
    private readonly Counters _counters;
    private readonly Dictionary<Counter, ulong> _reported = [];

    /// <param name="interest">Which executions are put together at all.</param>
    public AuditReading(AuditInterest interest, Action<AuditExec> receive, Counters counters)
    {
        _receive = receive;
        _counters = counters;
        _assembler = new AuditAssembler(interest, Receive);
        _lines = new AuditLines(_assembler.Add);
    }

    /// <summary>Records of all types.</summary>
    public ulong Records => _assembler.Records;

    /// <summary>The execution that was passed on last, by this or an earlier reading: milliseconds since 1970, and its serial.</summary>
    public (long Time, ulong Serial) Last { get; set; }

    /// <summary>Where to read to. Never empty.</summary>
    public Memory<byte> Room => _lines.Room;

    /// <summary>Bytes in front of the line that has not come to its end.</summary>
    public long Position => _lines.Position;

    /// <summary>Bytes in front of everything that is not passed on yet.</summary>
    public long OldestPosition => _assembler.OldestPosition ?? _lines.Position;

    /// <summary>So many bytes have been read into the room.</summary>
    public void Take(int count) => _lines.Take(count);

    /// <summary>The file has ended, and with it its last line, whatever follows in the next one.</summary>
    public void EndFile() => _lines.Finish();

    /// <summary>A second or so has passed.</summary>
    public void Tick() => _assembler.Tick();

    /// <summary>Nothing follows.</summary>
    public void Finish()
    {
        _lines.Finish();
        _assembler.Finish();
        Report();
    }

    /// <summary>Brings the counters up to date, to which readings before this one may have added.</summary>
    public void Report()
    {
        Report(Counter.AuditExecutions, _assembler.Executions);
        Report(Counter.AuditPartial, _assembler.Partial);
        Report(Counter.LostAuditHeadless, _assembler.Headless);
        Report(Counter.LostAuditLate, _assembler.Late);
        Report(Counter.LostAuditMalformed, _assembler.Malformed);
        Report(Counter.LostAuditTooLong, _lines.TooLong);
        Report(Counter.LostAuditUndecodable, _reader.Undecodable);
    }

    private void Report(Counter counter, ulong count)
    {
        _counters.Add(counter, count - _reported.GetValueOrDefault(counter));
        _reported[counter] = count;
    }

    private void Receive(AuditEvent audit)
    {
        Last = (audit.Key.Milliseconds, audit.Key.Serial);
        _receive(_reader.Read(audit, _assembler.NodeOf(audit)));
    }
}
