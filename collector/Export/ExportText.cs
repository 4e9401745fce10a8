using System.Globalization;
using System.Text;
using Tallyman.Collector.Store;
using Tallyman.Rendering;
using Tallyman.V1;

namespace Tallyman.Collector.Export;

/// <summary>What all formats say alike.</summary>
internal static class ExportText
{
    /// <summary>A sentence for people: "docker container run by uid 1000 (alice): PRIVILEGED, HOST_MOUNT".</summary>
    public static string Of(Alert alert)
    {
        var text = new StringBuilder();
        text.Append($"{alert.CommandLine.Tool} {alert.CommandLine.Command}".Trim());
        if (alert.Process is Process process)
        {
            text.Append(CultureInfo.InvariantCulture, $" by uid {process.Uid}");
            text.Append(process.User.Length > 0 ? $" ({process.User})" : "");
        }

        text.Append(": ").AppendJoin(", ", Flags(alert));
        return Shown(text.ToString());
    }

    public static string Of(StoredGap stored) => Shown(string.Create(
        CultureInfo.InvariantCulture, $"agent {stored.AgentId} tells of a gap: {(stored.Gap.CountIsExact ? "" : "about ")}{stored.Gap.Count} {stored.Gap.Reason}"));

    public static string Of(Finding finding) => Shown($"{finding.Kind}: agent {finding.AgentId}: {finding.Detail}".TrimEnd(' ', ':'));

    /// <summary>The executable of the parent, if it was still there to be asked.</summary>
    public static string ParentOf(Process process) => process.Ancestry is [Ancestor first, ..] && first.Pid == process.Ppid ? first.Executable : "";

    public static IEnumerable<string> Flags(Alert alert) => alert.Indicators.Select(static indicator => indicator.Id).Distinct();

    /// <summary>By the names of the two published detections.</summary>
    public static IEnumerable<(string Name, uint Score)> Scores(Scores scores) =>
    [
        ("risk_score", scores.RiskScore),
        ("priv_score", scores.PrivScore),
        ("mount_score", scores.MountScore),
        ("exec_score", scores.ExecScore),
        ("secrets_score", scores.SecretsScore),
        ("escape_score", scores.EscapeScore),
        ("suspicion_score", scores.SuspicionScore),
    ];

    /// <summary>As it is where it may be shown, else escaped.</summary>
    public static string Shown(string text) => SafeText.IsSafe(text) ? text : SafeText.Escape(text);

    /// <summary>To the microsecond, in UTC.</summary>
    public static string Of(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);
}
