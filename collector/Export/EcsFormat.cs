using System.Text.Json.Nodes;
using Tallyman.Collector.Store;
using Tallyman.Rendering;
using Tallyman.V1;

namespace Tallyman.Collector.Export;

/// <summary>
/// The Elastic Common Schema, one document a line, to be indexed by its <c>event.id</c>. What the schema has no name for stands
/// below <c>tallyman</c>.
/// </summary>
internal static class EcsFormat
{
    private const string Version = "9.4.0";

    public static string Write(StoredAlert stored)
    {
        Alert alert = stored.Alert;
        IReadOnlyList<Technique> techniques = Techniques.Of(alert.Scores);
        return JsonLine.Write(new JsonObject
        {
            ["@timestamp"] = ExportText.Of(alert.Time.ToDateTimeOffset()),
            ["ecs"] = new JsonObject { ["version"] = Version },
            ["message"] = ExportText.Of(alert),
            ["event"] = new JsonObject
            {
                ["id"] = alert.Id,
                ["kind"] = "alert",
                ["category"] = new JsonArray("process"),
                ["type"] = new JsonArray("start"),
                ["action"] = "exec",
                ["module"] = "tallyman",
                ["dataset"] = "tallyman.alert",
                ["provider"] = alert.Source,
                ["severity"] = SeverityOf(alert.Scores.Severity),
                ["risk_score"] = alert.Scores.RiskScore,
                ["risk_score_norm"] = Math.Min(alert.Scores.RiskScore, 100),
                ["sequence"] = stored.Sequence,
                ["ingested"] = ExportText.Of(stored.Stored),
            },
            ["rule"] = new JsonObject
            {
                ["id"] = techniques is [Technique first, ..] ? first.Id : null,
                ["name"] = Techniques.NameOf(alert.Scores),
                ["ruleset"] = alert.Scores.Profile,
            },
            ["threat"] = ThreatOf(techniques),
            ["process"] = alert.Process is Process process ? ProcessOf(alert, process) : null,
            ["user"] = alert.Process is Process actor ? User(actor.Uid, actor.User) : null,
            ["container"] = new JsonObject { ["id"] = alert.Process?.Container, ["runtime"] = alert.Process?.ContainerRuntime },
            ["orchestrator"] = alert.Process?.Pod is Pod pod ? OrchestratorOf(pod) : null,
            ["host"] = new JsonObject
            {
                ["id"] = alert.Host?.Id,
                ["name"] = alert.Host?.Name,
                ["hostname"] = alert.Host?.Name,
                ["boot"] = new JsonObject { ["id"] = alert.Host?.BootId },
                ["os"] = new JsonObject { ["type"] = "linux" },
            },
            ["agent"] = Agent(stored.AgentId),
            ["related"] = new JsonObject
            {
                ["user"] = JsonLine.Texts(alert.Process is { User.Length: > 0 } who ? [who.User] : []),
                ["hosts"] = JsonLine.Texts(alert.Host is { Name.Length: > 0 } where ? [where.Name] : []),
            },
            ["tallyman"] = Own(alert),
        });
    }

    /// <summary>A part of what should have been seen is missing: that is a pipeline's error.</summary>
    public static string Write(StoredGap stored) => JsonLine.Write(new JsonObject
    {
        ["@timestamp"] = ExportText.Of(stored.Gap.Last),
        ["ecs"] = new JsonObject { ["version"] = Version },
        ["message"] = ExportText.Of(stored),
        ["event"] = new JsonObject
        {
            ["kind"] = "pipeline_error",
            ["module"] = "tallyman",
            ["dataset"] = "tallyman.gap",
            ["reason"] = stored.Gap.Reason,
            ["start"] = ExportText.Of(stored.Gap.First),
            ["end"] = ExportText.Of(stored.Gap.Last),
            ["sequence"] = stored.Gap.Sequence,
        },
        ["agent"] = Agent(stored.AgentId),
        ["tallyman"] = new JsonObject { ["count"] = stored.Gap.Count, ["count_is_exact"] = stored.Gap.CountIsExact },
    });

    public static string Write(Finding finding) => JsonLine.Write(new JsonObject
    {
        ["@timestamp"] = ExportText.Of(finding.Since),
        ["ecs"] = new JsonObject { ["version"] = Version },
        ["message"] = ExportText.Of(finding),
        ["event"] = new JsonObject
        {
            ["kind"] = "event",
            ["module"] = "tallyman",
            ["dataset"] = "tallyman.finding",
            ["action"] = finding.Kind,
            ["reason"] = finding.Detail,
            ["start"] = ExportText.Of(finding.Since),
            ["end"] = finding.Until is DateTimeOffset until ? ExportText.Of(until) : null,
        },
        ["agent"] = Agent(finding.AgentId),
        ["tallyman"] = new JsonObject { ["count"] = finding.Count },
    });

    /// <summary>A sub-technique stands beside its technique.</summary>
    private static JsonObject? ThreatOf(IReadOnlyList<Technique> techniques)
    {
        Technique[] subs = [.. techniques.Where(static technique => technique.Parent is not null)];
        Technique[] whole = [.. techniques.Select(static technique => technique.Parent ?? technique)];
        return techniques.Count == 0 ? null : new JsonObject
        {
            ["framework"] = "MITRE ATT&CK",
            ["tactic"] = new JsonObject { ["id"] = JsonLine.Texts([Techniques.TacticId]), ["name"] = JsonLine.Texts([Techniques.Tactic]) },
            ["technique"] = new JsonObject
            {
                ["id"] = JsonLine.Texts(whole.Select(static technique => technique.Id)),
                ["name"] = JsonLine.Texts(whole.Select(static technique => technique.Name)),
                ["subtechnique"] = new JsonObject
                {
                    ["id"] = JsonLine.Texts(subs.Select(static technique => technique.Id)),
                    ["name"] = JsonLine.Texts(subs.Select(static technique => technique.Name)),
                },
            },
        };
    }

    private static JsonObject ProcessOf(Alert alert, Process process) => new()
    {
        ["entity_id"] = alert.Id,
        ["pid"] = process.Pid,
        ["name"] = process.Comm,
        ["executable"] = process.Executable,
        ["args"] = JsonLine.Texts(alert.CommandLine.Argv.Select(static argument => SafeText.Decode(argument.Span))),
        ["args_count"] = alert.CommandLine.Argc,
        ["command_line"] = AlertText.Command(alert.CommandLine),
        ["interactive"] = process.Tty.Length > 0 ? true : null,
        ["working_directory"] = process.Cwd,
        ["user"] = User(process.Euid, process.EffectiveUser.Length > 0 || process.Euid != process.Uid ? process.EffectiveUser : process.User),
        ["real_user"] = User(process.Uid, process.User),
        ["parent"] = new JsonObject { ["pid"] = process.Ppid, ["name"] = process.ParentComm, ["executable"] = ExportText.ParentOf(process) },
    };

    private static JsonObject OrchestratorOf(Pod pod) => new()
    {
        ["type"] = "kubernetes",
        ["namespace"] = pod.Namespace,
        ["resource"] = new JsonObject { ["type"] = "pod", ["id"] = pod.Uid, ["name"] = pod.Name },
    };

    private static JsonObject Own(Alert alert)
    {
        var own = new JsonObject
        {
            ["tool"] = alert.CommandLine.Tool,
            ["command"] = alert.CommandLine.Command,
            ["image"] = alert.CommandLine.Image,
            ["facts"] = JsonLine.Texts(alert.CommandLine.Facts),
            ["error"] = alert.CommandLine.Error,
            ["severity"] = AlertJson.NameOf(alert.Scores.Severity),
            ["suspicious_flags"] = JsonLine.Texts(ExportText.Flags(alert)),
            ["truncated"] = alert.CommandLine.MissingBytes > 0,
            ["redacted"] = alert.CommandLine.Redacted,
            ["repeated"] = alert.Repeated > 0 ? alert.Repeated : null,
            ["loginuid"] = alert.Process is { HasLoginuid: true } process ? process.Loginuid : null,
            ["login_address"] = alert.Process?.Login?.Address,
            ["sudo_user"] = alert.Process?.Sudo?.User,
            ["lowered_by"] = alert.Lowered?.Exception,
            ["times_seen"] = alert.Seen?.Times,
        };
        foreach ((string name, uint score) in ExportText.Scores(alert.Scores))
        {
            own[name] = score;
        }

        return own;
    }

    /// <summary>The numbers that Elastic's own rules have for medium, high and critical.</summary>
    private static int? SeverityOf(Severity severity) => severity switch
    {
        Severity.Critical => 99,
        Severity.High => 73,
        Severity.Medium => 47,
        _ => null,
    };

    private static JsonObject Agent(string id) => new() { ["type"] = "tallyman", ["id"] = id };

    private static JsonObject User(uint id, string name) => new() { ["id"] = $"{id}", ["name"] = name };
}
