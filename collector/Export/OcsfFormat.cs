using System.Text.Json.Nodes;
using Google.Protobuf.WellKnownTypes;
using Tallyman.Collector.Store;
using Tallyman.Rendering;
using Tallyman.V1;

namespace Tallyman.Collector.Export;

/// <summary>
/// The Open Cybersecurity Schema Framework's Detection Finding (class 2004, version 1.8.0), one event a line. What the class has
/// no name for stands below <c>unmapped</c>.
/// </summary>
internal static class OcsfFormat
{
    public static string Write(StoredAlert stored)
    {
        Alert alert = stored.Alert;
        Scores scores = alert.Scores;
        long time = Milliseconds(alert.Time);
        (int severityId, string severity) = SeverityOf(scores.Severity);
        return JsonLine.Write(new JsonObject
        {
            ["class_uid"] = 2004,
            ["class_name"] = "Detection Finding",
            ["category_uid"] = 2,
            ["category_name"] = "Findings",
            ["activity_id"] = 1,
            ["activity_name"] = "Create",
            ["type_uid"] = 200401,
            ["type_name"] = "Detection Finding: Create",
            ["time"] = time,
            ["start_time"] = alert.RepeatedSince is Timestamp since ? Milliseconds(since) : null,
            ["count"] = alert.Repeated > 0 ? alert.Repeated + 1 : null,
            ["severity_id"] = severityId,
            ["severity"] = severity,
            ["status_id"] = 1,
            ["status"] = "New",
            ["is_alert"] = scores.Alert,
            ["risk_score"] = scores.RiskScore,
            ["message"] = ExportText.Of(alert),
            ["metadata"] = new JsonObject
            {
                ["version"] = "1.8.0",
                ["uid"] = alert.Id,
                ["sequence"] = stored.Sequence,
                ["logged_time"] = stored.Stored.ToUnixTimeMilliseconds(),
                ["is_truncated"] = alert.CommandLine.MissingBytes > 0,
                ["log_name"] = "tallyman.alert",
                ["log_provider"] = alert.Source,
                ["product"] = new JsonObject { ["name"] = "Tallyman", ["vendor_name"] = "Tallyman" },
                ["profiles"] = JsonLine.Texts(["host", "security_control", "linux/linux_users"]),
            },
            ["finding_info"] = FindingOf(alert, time),
            // Nothing was stopped: "No action would equate to Allowed", says the profile security_control.
            ["action_id"] = 1,
            ["action"] = "Allowed",
            ["disposition_id"] = 15,
            ["disposition"] = "Detected",
            ["device"] = new JsonObject
            {
                ["type_id"] = 0,
                ["type"] = "Unknown",
                ["uid"] = alert.Host?.Id,
                ["hostname"] = alert.Host?.Name,
                ["os"] = new JsonObject { ["type_id"] = 200, ["type"] = "Linux", ["name"] = "Linux" },
                ["boot_uid"] = alert.Host?.BootId,
            },
            ["actor"] = alert.Process is Process actor
                ? new JsonObject { ["user"] = User(actor), ["process"] = Parent(actor) }
                : null,
            ["evidences"] = alert.Process is Process process ? new JsonArray(new JsonObject { ["process"] = ProcessOf(alert, process) }) : null,
            ["observables"] = ObservablesOf(alert),
            ["unmapped"] = Unmapped(stored),
        });
    }

    private static JsonObject FindingOf(Alert alert, long time)
    {
        IReadOnlyList<Technique> techniques = Techniques.Of(alert.Scores);
        return new JsonObject
        {
            ["uid"] = alert.Id,
            ["title"] = ExportText.Of(alert),
            ["types"] = JsonLine.Texts(techniques.Select(static technique => technique.Name)),
            ["first_seen_time"] = alert.RepeatedSince is Timestamp since ? Milliseconds(since) : time,
            ["last_seen_time"] = time,
            ["analytic"] = techniques.Count > 0 ? Analytic(techniques[0]) : null,
            ["related_analytics"] = new JsonArray([.. techniques.Skip(1).Select(Analytic)]),
            ["attacks"] = new JsonArray([.. techniques.Select(Attack)]),
        };
    }

    private static JsonObject Analytic(Technique technique) => new()
    {
        ["type_id"] = 1,
        ["type"] = "Rule",
        ["uid"] = technique.Id,
        ["name"] = technique.Name,
    };

    private static JsonObject Attack(Technique technique)
    {
        var attack = new JsonObject
        {
            ["tactic"] = new JsonObject { ["uid"] = Techniques.TacticId, ["name"] = Techniques.Tactic },
            ["technique"] = Named(technique.Parent ?? technique),
        };
        if (technique.Parent is not null)
        {
            attack["sub_technique"] = Named(technique);
        }

        return attack;

        static JsonObject Named(Technique technique) => new() { ["uid"] = technique.Id, ["name"] = technique.Name };
    }

    private static JsonObject ProcessOf(Alert alert, Process process) => new()
    {
        ["pid"] = process.Pid,
        ["uid"] = alert.Id,
        ["name"] = process.Comm,
        ["path"] = process.Executable,
        ["cmd_line"] = AlertText.Command(alert.CommandLine),
        ["working_directory"] = process.Cwd,
        ["user"] = User(process),
        ["euid"] = process.Euid,
        ["auid"] = process.HasLoginuid ? process.Loginuid : null,
        ["parent_process"] = Parent(process),
    };

    private static JsonArray ObservablesOf(Alert alert)
    {
        (string Name, int TypeId, string Type, string? Value)[] all =
        [
            ("device.hostname", 1, "Hostname", alert.Host?.Name),
            ("actor.user.name", 4, "User Name", alert.Process?.User),
            ("evidences[].process.name", 9, "Process Name", alert.Process?.Comm),
        ];
        return new JsonArray([.. all.Where(static each => !string.IsNullOrEmpty(each.Value)).Select(static each => new JsonObject
        {
            ["name"] = each.Name,
            ["type_id"] = each.TypeId,
            ["type"] = each.Type,
            ["value"] = each.Value,
        })]);
    }

    private static JsonObject Unmapped(StoredAlert stored)
    {
        Alert alert = stored.Alert;
        var own = new JsonObject
        {
            ["agent_id"] = stored.AgentId,
            ["args"] = JsonLine.Texts(alert.CommandLine.Argv.Select(static argument => SafeText.Decode(argument.Span))),
            ["tool"] = alert.CommandLine.Tool,
            ["command"] = alert.CommandLine.Command,
            ["image"] = alert.CommandLine.Image,
            ["facts"] = JsonLine.Texts(alert.CommandLine.Facts),
            ["suspicious_flags"] = JsonLine.Texts(ExportText.Flags(alert)),
            ["redacted"] = alert.CommandLine.Redacted,
            ["container"] = alert.Process?.Container,
            ["pod_namespace"] = alert.Process?.Pod?.Namespace,
            ["pod"] = alert.Process?.Pod?.Name,
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

    private static (int Id, string Name) SeverityOf(Severity severity) => severity switch
    {
        Severity.Critical => (5, "Critical"),
        Severity.High => (4, "High"),
        Severity.Medium => (3, "Medium"),
        _ => (0, "Unknown"),
    };

    private static JsonObject User(Process process) => new() { ["uid"] = $"{process.Uid}", ["name"] = process.User };

    private static JsonObject Parent(Process process) => new() { ["pid"] = process.Ppid, ["name"] = process.ParentComm, ["path"] = ExportText.ParentOf(process) };

    private static long Milliseconds(Timestamp time) => time.ToDateTimeOffset().ToUnixTimeMilliseconds();
}
