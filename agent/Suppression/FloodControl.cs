using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Tallyman.Agent.Model;

namespace Tallyman.Agent.Suppression;

/// <summary>
/// Has a storm of equal alerts become summaries: the same command line by the same user in the same cgroup, found suspicious
/// for the same reasons. A hundred at once and one a second more go through; of what is beyond, the last is told of after a
/// minute and says how many there were. Another command line, or another actor, is never held up. Any thread may use it.
/// </summary>
/// <param name="mostHeldBytes">Of alerts that are held back; beyond it they go through.</param>
internal sealed class FloodControl(TimeProvider time, long mostHeldBytes = 16 * 1024 * 1024)
{
    public const int Burst = 100;
    public static readonly TimeSpan Every = TimeSpan.FromSeconds(1);
    public static readonly TimeSpan SummaryAfter = TimeSpan.FromSeconds(60);

    private const int MostSources = 4096; // beyond it alerts go through

    private readonly Dictionary<UInt128, Source> _sources = [];
    private long _heldBytes;

    /// <summary>Alerts that are neither told of nor counted in another one.</summary>
    public int Held
    {
        get
        {
            lock (_sources)
            {
                return _sources.Values.Count(static source => source.Held is not null);
            }
        }
    }

    /// <param name="replaced">Another alert is now counted in this one.</param>
    /// <returns>False if it is held back.</returns>
    public bool Passes(Alert alert, V1.Alert message, out bool replaced)
    {
        UInt128 key = KeyOf(alert);
        lock (_sources)
        {
            replaced = false;
            long now = time.GetTimestamp();
            if (!_sources.TryGetValue(key, out Source? source))
            {
                if (_sources.Count < MostSources)
                {
                    _sources.Add(key, new Source { Refilled = now, Tokens = Burst - 1 });
                }

                return true;
            }

            source.Tokens = Math.Min(Burst, source.Tokens + (time.GetElapsedTime(source.Refilled, now) / Every));
            source.Refilled = now;
            if (source.Held is null && source.Tokens >= 1)
            {
                source.Tokens--;
                return true;
            }

            int size = message.CalculateSize();
            if (_heldBytes - source.HeldBytes + size > mostHeldBytes)
            {
                return true;
            }

            replaced = source.Held is not null;
            message.Repeated = replaced ? source.Held!.Repeated + 1 : 0;
            message.RepeatedSince = replaced ? source.Held!.RepeatedSince : message.Time;
            source.Since = replaced ? source.Since : now;
            source.Held = message;
            _heldBytes += size - source.HeldBytes;
            source.HeldBytes = size;
            return false;
        }
    }

    /// <summary>Gives out what was held back for long enough.</summary>
    public IReadOnlyList<V1.Alert> TakeSummaries(bool all)
    {
        lock (_sources)
        {
            long now = time.GetTimestamp();
            var summaries = new List<V1.Alert>();
            foreach ((UInt128 key, Source source) in _sources)
            {
                if (source.Held is V1.Alert held && (all || time.GetElapsedTime(source.Since, now) >= SummaryAfter))
                {
                    summaries.Add(held);
                    _heldBytes -= source.HeldBytes;
                    (source.Held, source.HeldBytes) = (null, 0);
                }
                else if (source.Held is null && time.GetElapsedTime(source.Refilled, now) >= Burst * Every)
                {
                    _sources.Remove(key);
                }
            }

            return summaries;
        }
    }

    private static UInt128 KeyOf(Alert alert)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Add(hash, alert.Exec.Uid);
        Add(hash, alert.Exec.CgroupId);
        Add(hash, alert.Exec.Executable.Bytes);
        for (int i = 0; i < alert.Exec.Argv.Count; i++)
        {
            Add(hash, alert.Exec.Argv[i]);
        }

        foreach (Indicator indicator in alert.Verdict.Indicators)
        {
            Add(hash, Encoding.UTF8.GetBytes(indicator.Id));
            Add(hash, Encoding.UTF8.GetBytes(indicator.Fact.ToString()));
        }

        return BinaryPrimitives.ReadUInt128LittleEndian(hash.GetHashAndReset());
    }

    private static void Add(IncrementalHash hash, ReadOnlySpan<byte> bytes)
    {
        Add(hash, (ulong)bytes.Length);
        hash.AppendData(bytes);
    }

    private static void Add(IncrementalHash hash, ulong number)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, number);
        hash.AppendData(bytes);
    }

    private sealed class Source
    {
        public double Tokens { get; set; }

        public long Refilled { get; set; }

        /// <summary>The last that was held back; it counts the others.</summary>
        public V1.Alert? Held { get; set; }

        public int HeldBytes { get; set; }

        /// <summary>When the first was held back.</summary>
        public long Since { get; set; }
    }
}
