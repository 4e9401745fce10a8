namespace Tallyman.Agent.Sources.Auditd;

/// <summary>Sums up what the kernel's counter of lost records adds, which "auditctl --reset-lost" sets to zero whenever it likes.</summary>
/// <param name="first">What was lost before; null if the kernel may not be asked.</param>
internal sealed class LostRecords(uint? first)
{
    private readonly Lock _lock = new();
    private uint? _last = first;
    private ulong _sum;

    /// <summary>Null if the kernel was never asked.</summary>
    public ulong? Sum
    {
        get
        {
            lock (_lock)
            {
                return _last is null ? null : _sum;
            }
        }
    }

    /// <param name="now">What the counter says.</param>
    /// <returns>What was lost since the beginning.</returns>
    public ulong Add(uint now)
    {
        lock (_lock)
        {
            _sum += now >= (_last ?? now) ? now - (_last ?? now) : now;
            _last = now;
            return _sum;
        }
    }
}
