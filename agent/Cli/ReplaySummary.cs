using System.Globalization;
using System.Text;
using Tallyman.Agent.Model;
using Tallyman.Agent.Status;

namespace Tallyman.Agent.Cli;

/// <summary>What was found in logs, in numbers.</summary>
internal sealed class ReplaySummary
{
    private readonly SortedDictionary<string, ulong> _tools = new(StringComparer.Ordinal);
    private readonly ulong[] _severities = new ulong[Enum.GetValues<V1.Severity>().Length];

    public ulong Alerts { get; private set; }

    /// <param name="alert">Null if there was no reason for one.</param>
    public void Add(ExecEvent exec, V1.Alert? alert)
    {
        string tool = exec.Program.Tool.Name();
        _tools[tool] = _tools.GetValueOrDefault(tool) + 1;
        if (alert is not null)
        {
            Alerts++;
            _severities[(int)alert.Scores.Severity]++;
        }
    }

    /// <summary>Two lines, and a third where something is missing.</summary>
    public string Write(ulong records, Counters counters)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{records:N0} records, {counters[Counter.AuditExecutions]:N0} executions, of tools {Sum(_tools.Values):N0}");
        text.Append(_tools.Count == 0 ? "" : $": {string.Join(", ", _tools.Select(static tool => string.Create(CultureInfo.InvariantCulture, $"{tool.Key} {tool.Value:N0}")))}");
        text.Append(CultureInfo.InvariantCulture, $"\n{Alerts:N0} alerts: critical {Of(V1.Severity.Critical):N0}, high {Of(V1.Severity.High):N0}, medium {Of(V1.Severity.Medium):N0}");
        string[] missing = [.. counters.Read()
            .Where(static counter => counter.Value > 0 && (counter.Key.StartsWith("lost_audit_", StringComparison.Ordinal) || counter.Key == "audit_partial"))
            .Select(static counter => string.Create(CultureInfo.InvariantCulture, $"{counter.Key} {counter.Value:N0}"))];
        return text.Append(missing.Length == 0 ? "" : $"\nmissing: {string.Join(", ", missing)}").ToString();
    }

    private ulong Of(V1.Severity severity) => _severities[(int)severity];

    private static ulong Sum(IEnumerable<ulong> numbers) => numbers.Aggregate(0ul, static (sum, number) => sum + number);
}
