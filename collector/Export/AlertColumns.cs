using Tallyman.Collector.Store;
using Tallyman.Rendering;
using Tallyman.V1;

namespace Tallyman.Collector.Export;

/// <param name="Value">A text, a number or a truth; null or empty if it is not known.</param>
internal sealed record Column(string Name, Func<StoredAlert, object?> Value);

/// <summary>
/// An alert as a row of plain values, for what knows nothing deeper. The names are those of docs/alerts.md, which are those of
/// the two published detections, but for <c>tool_command</c>: the first of the two takes a <c>command</c> for the whole command
/// line. Texts are safe to show.
/// </summary>
internal static class AlertColumns
{
    public static IReadOnlyList<Column> All { get; } =
    [
        new("time", static stored => ExportText.Of(stored.Alert.Time.ToDateTimeOffset())),
        new("host", static stored => stored.Alert.Host?.Name),
        new("severity", static stored => AlertJson.NameOf(stored.Alert.Scores.Severity)),
        new("risk_score", static stored => stored.Alert.Scores.RiskScore),
        new("suspicion_score", static stored => stored.Alert.Scores.SuspicionScore),
        new("suspicious_flags", static stored => string.Join(", ", ExportText.Flags(stored.Alert))),
        new("user", static stored => stored.Alert.Process?.User),
        new("uid", static stored => stored.Alert.Process?.Uid),
        new("proc", static stored => stored.Alert.Process?.Executable),
        new("cmd", static stored => AlertText.Command(stored.Alert.CommandLine)),
        new("tool", static stored => stored.Alert.CommandLine.Tool),
        new("tool_command", static stored => stored.Alert.CommandLine.Command),
        new("image", static stored => stored.Alert.CommandLine.Image),
        new("techniques", static stored => string.Join(", ", stored.Alert.Scores.Techniques)),
        new("priv_score", static stored => stored.Alert.Scores.PrivScore),
        new("mount_score", static stored => stored.Alert.Scores.MountScore),
        new("exec_score", static stored => stored.Alert.Scores.ExecScore),
        new("secrets_score", static stored => stored.Alert.Scores.SecretsScore),
        new("escape_score", static stored => stored.Alert.Scores.EscapeScore),
        new("euid", static stored => stored.Alert.Process?.Euid),
        new("loginuid", static stored => stored.Alert.Process is { HasLoginuid: true } process ? process.Loginuid : null),
        new("tty", static stored => stored.Alert.Process?.Tty),
        new("pid", static stored => stored.Alert.Process?.Pid),
        new("ppid", static stored => stored.Alert.Process?.Ppid),
        new("comm", static stored => stored.Alert.Process?.Comm),
        new("parent_comm", static stored => stored.Alert.Process?.ParentComm),
        new("cwd", static stored => stored.Alert.Process?.Cwd),
        new("container", static stored => stored.Alert.Process?.Container),
        new("pod_namespace", static stored => stored.Alert.Process?.Pod?.Namespace),
        new("pod", static stored => stored.Alert.Process?.Pod?.Name),
        new("login_address", static stored => stored.Alert.Process?.Login?.Address),
        new("sudo_user", static stored => stored.Alert.Process?.Sudo?.User),
        new("lowered_by", static stored => stored.Alert.Lowered?.Exception),
        new("times_seen", static stored => stored.Alert.Seen?.Times),
        new("error", static stored => stored.Alert.CommandLine.Error),
        new("truncated", static stored => stored.Alert.CommandLine.MissingBytes > 0),
        new("redacted", static stored => stored.Alert.CommandLine.Redacted),
        new("repeated", static stored => stored.Alert.Repeated > 0 ? stored.Alert.Repeated : null),
        new("source", static stored => stored.Alert.Source),
        new("id", static stored => stored.Alert.Id),
        new("agent_id", static stored => stored.AgentId),
        new("sequence", static stored => stored.Sequence),
    ];
}
