using Tallyman.Collector.Store;
using Tallyman.Rendering;

namespace Tallyman.Collector.Ingest;

/// <summary>
/// What happened that should not, until it is stored. The same of the same agent within an hour is one finding that counts:
/// nobody can fill the store or the log with findings, or have it busy with nothing else.
/// </summary>
internal sealed partial class FindingLog(CollectorCounters counters, TimeProvider time, ILogger<FindingLog> logger)
{
    private const int MostRemembered = 100_000;
    private static readonly TimeSpan Same = TimeSpan.FromHours(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<(string AgentId, string Kind), Finding> _recent = [];
    private readonly HashSet<(string AgentId, string Kind)> _unsaved = [];

    public void Add(string agentId, string kind, string detail)
    {
        counters.Add(Counted.Findings);
        Finding finding;
        lock (_lock)
        {
            if (_recent.Count >= MostRemembered && _unsaved.Count == 0)
            {
                _recent.Clear();
            }

            DateTimeOffset now = time.GetUtcNow();
            (string, string) key = (agentId, kind);
            finding = _recent.TryGetValue(key, out Finding? last) && now - last.Since < Same
                ? last with { Until = now, Count = last.Count + 1, Detail = BatchReader.Column(detail) }
                : new Finding(agentId, kind, now, now, 1, BatchReader.Column(detail));
            if (_recent.ContainsKey(key) || _recent.Count < MostRemembered)
            {
                _recent[key] = finding;
                _unsaved.Add(key);
            }
        }

        if (finding.Count == 1)
        {
            LogFinding(logger, kind, SafeText.Escape(agentId), SafeText.Escape(detail));
        }
    }

    /// <summary>Stores what is new. What cannot be stored now waits for the next time.</summary>
    public async Task SaveAsync(IStore store)
    {
        Finding[] findings;
        lock (_lock)
        {
            findings = [.. _unsaved.Select(key => _recent[key])];
            _unsaved.Clear();
        }

        if (findings.Length == 0)
        {
            return;
        }

        try
        {
            await store.SaveFindingsAsync(findings);
        }
        catch
        {
            lock (_lock)
            {
                _unsaved.UnionWith(findings.Select(static finding => (finding.AgentId, finding.Kind)).Where(_recent.ContainsKey));
            }

            throw;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Finding {Kind}: agent {AgentId}: {Detail}")]
    private static partial void LogFinding(ILogger logger, string kind, string agentId, string detail);
}
