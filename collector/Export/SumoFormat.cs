using System.Text.Json.Nodes;
using Tallyman.Collector.Store;
using Tallyman.Rendering;
using Tallyman.V1;

namespace Tallyman.Collector.Export;

/// <summary>
/// A line for an HTTP source of Sumo Logic, which calls what lies deeper by names with dots. The published search of T1059.013 reads
/// <c>host.name</c>, <c>user.name</c>, <c>process.name</c>, <c>process.executable</c> and <c>process.args</c>, the last as one
/// text.
/// </summary>
internal static class SumoFormat
{
    public static string Write(StoredAlert stored)
    {
        Alert alert = stored.Alert;
        var line = new JsonObject
        {
            ["timestamp"] = ExportText.Of(alert.Time.ToDateTimeOffset()), // first: Sumo takes the first time that it finds
            ["id"] = alert.Id,
            ["severity"] = AlertJson.NameOf(alert.Scores.Severity),
            ["suspicious_flags"] = string.Join(", ", ExportText.Flags(alert)),
            ["techniques"] = string.Join(", ", alert.Scores.Techniques),
        };
        foreach ((string name, uint score) in ExportText.Scores(alert.Scores))
        {
            line[name] = score;
        }

        line["host"] = new JsonObject { ["name"] = alert.Host?.Name };
        if (alert.Process is Process process)
        {
            line["user"] = new JsonObject { ["name"] = process.User, ["id"] = process.Uid };
            line["process"] = new JsonObject
            {
                ["name"] = process.Comm,
                ["executable"] = process.Executable,
                ["args"] = AlertText.Command(alert.CommandLine),
                ["pid"] = process.Pid,
                ["working_directory"] = process.Cwd,
                ["parent"] = new JsonObject { ["pid"] = process.Ppid, ["name"] = process.ParentComm },
            };
            line["container"] = new JsonObject { ["id"] = process.Container };
        }

        line["tool"] = alert.CommandLine.Tool;
        line["tool_command"] = alert.CommandLine.Command;
        line["image"] = alert.CommandLine.Image;
        line["source"] = alert.Source;
        line["agent_id"] = stored.AgentId;
        line["sequence"] = stored.Sequence;
        return JsonLine.Write(line);
    }
}
