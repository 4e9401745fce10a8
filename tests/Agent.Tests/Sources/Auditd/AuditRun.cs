using Tallyman.Agent.Model;
using Tallyman.Agent.Sources.Auditd;
using Tallyman.Agent.Status;

namespace Tallyman.Agent.Tests.Sources.Auditd;

/// <summary>A reading of some bytes, and what came of it.</summary>
internal sealed class AuditRun
{
    private readonly AuditReading _reading;

    public AuditRun() => _reading = new AuditReading(static (_, _) => true, Seen.Add, Counters);

    public List<AuditExec> Seen { get; } = [];

    public Counters Counters { get; } = new();

    /// <summary>What was counted as missing in some way.</summary>
    public string Missing
    {
        get
        {
            _reading.Report();
            return string.Join(", ", Counters.Read().Where(static counter => counter.Value > 0 && counter.Key != "audit_executions").Select(static counter => $"{counter.Key} {counter.Value}"));
        }
    }

    public static AuditRun Of(params IEnumerable<byte[]> lines)
    {
        var run = new AuditRun();
        run.Add(lines);
        run.Finish();
        return run;
    }

    public static AuditRun OfFiles(params string[] files)
    {
        var run = new AuditRun();
        foreach (string file in files)
        {
            using var log = new System.IO.Compression.GZipStream(File.OpenRead(Repository.Path("tests/audit/" + file)), System.IO.Compression.CompressionMode.Decompress);
            while (log.Read(run._reading.Room.Span) is int read and > 0)
            {
                run._reading.Take(read);
            }

            run._reading.EndFile();
        }

        run.Finish();
        return run;
    }

    public void Add(IEnumerable<byte[]> lines)
    {
        foreach (byte[] line in lines)
        {
            Feed(line);
            Feed("\n"u8);
        }
    }

    public void Feed(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            int length = Math.Min(bytes.Length, _reading.Room.Length);
            bytes[..length].CopyTo(_reading.Room.Span);
            _reading.Take(length);
            bytes = bytes[length..];
        }
    }

    public void Tick() => _reading.Tick();

    public void Finish() => _reading.Finish();

    public static byte[][] Arguments(Argv argv) => [.. Enumerable.Range(0, argv.Count).Select(i => argv[i].ToArray())];
}
