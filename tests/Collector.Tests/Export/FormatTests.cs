using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Tallyman.Collector.Export;
using Tallyman.Collector.Otlp;
using Tallyman.Collector.Store;
using Tallyman.Rendering;
using Tallyman.V1;
using Xunit;

namespace Tallyman.Collector.Tests.Export;

public class FormatTests
{
    /// <summary>The examples were checked against the schemas; these are names of the schemas, too, that the examples lack.</summary>
    private static readonly string[] AlsoInEcs =
    [
        "container.id:String", "container.runtime:String", "host.boot.id:String",
        "orchestrator.namespace:String", "orchestrator.resource.id:String", "orchestrator.resource.name:String", "orchestrator.resource.type:String",
    ];

    // ocsf-schema 1.8.0: events/base_event.json, objects/finding_info.json
    private static readonly string[] AlsoInOcsf =
    [
        "count:Number",
        "finding_info.related_analytics[].name:String",
        "finding_info.related_analytics[].type:String",
        "finding_info.related_analytics[].type_id:Number",
        "finding_info.related_analytics[].uid:String",
    ];

    // semantic conventions 1.43, registry of process, container and k8s
    private static readonly string[] AlsoInOtlp =
    [
        "process.real_user.name:stringValue", "container.id:stringValue", "k8s.namespace.name:stringValue", "k8s.pod.name:stringValue", "k8s.pod.uid:stringValue",
    ];

    [Theory]
    [InlineData("ecs.json")]
    [InlineData("ocsf.json")]
    [InlineData("otlp.json")]
    [InlineData("splunk.json")]
    [InlineData("sumo.json")]
    [InlineData("ecs-gap.json")]
    [InlineData("ecs-finding.json")]
    public void Each_format_is_as_it_was(string file)
    {
        StoredAlert alert = Some.Alert();
        string line = file switch
        {
            "ecs.json" => EcsFormat.Write(alert),
            "ocsf.json" => OcsfFormat.Write(alert),
            "otlp.json" => OtlpJson.Write(OtlpLogs.Of([alert])),
            "splunk.json" => SplunkFormat.Write(alert, "tallyman:alert"),
            "sumo.json" => SumoFormat.Write(alert),
            "ecs-gap.json" => EcsFormat.Write(Some.Gap),
            _ => EcsFormat.Write(Some.Finding),
        };
        string path = Repository.Path("tests/Collector.Tests/golden/" + file);
        string shown = JsonNode.Parse(line)!.ToJsonString(new JsonSerializerOptions { WriteIndented = true }) + "\n";
        if (Environment.GetEnvironmentVariable("GOLDEN") == "write")
        {
            File.WriteAllText(path, shown);
        }

        Assert.Equal(File.ReadAllText(path), shown);
    }

    [Fact]
    public void Names_and_kinds_of_ECS_are_those_of_the_schema() =>
        AssertIsIn("ecs-alert.json", EcsFormat.Write(Some.Alert()), AlsoInEcs, except: "tallyman.");

    [Fact]
    public void Names_and_kinds_of_OCSF_are_those_of_the_class() =>
        AssertIsIn("ocsf-detection-finding.json", OcsfFormat.Write(Some.Alert()), AlsoInOcsf, except: "unmapped.");

    [Fact]
    public void Attributes_of_OTLP_are_those_of_the_conventions()
    {
        HashSet<string> known = [.. AttributesIn(Example("otlp-log.json")), .. AlsoInOtlp];
        string[] ours = [.. AttributesIn(OtlpJson.Write(OtlpLogs.Of([Some.Alert()])))];
        Assert.Contains("log.record.uid:stringValue", ours);
        Assert.Empty(ours.Where(each => !each.StartsWith("tallyman.", StringComparison.Ordinal)).Except(known));
    }

    [Fact]
    public void What_the_classes_demand_is_there_for_the_barest_alert()
    {
        JsonObject ocsf = JsonNode.Parse(OcsfFormat.Write(Some.BareAlert()))!.AsObject();
        string[] required = ["activity_id", "category_uid", "class_uid", "finding_info", "metadata", "severity_id", "time", "type_uid"];
        Assert.Empty(required.Except(ocsf.Select(static member => member.Key)));
        Assert.NotNull(ocsf["metadata"]!["product"]);
        Assert.NotNull(ocsf["finding_info"]!["uid"]);
        JsonObject ecs = JsonNode.Parse(EcsFormat.Write(Some.BareAlert()))!.AsObject();
        Assert.Equal("MFRGG", (string?)ecs["event"]!["id"]);
        Assert.Empty(new[] { "process", "user", "container", "rule", "threat", "related" }.Intersect(ecs.Select(static member => member.Key)));
    }

    [Fact]
    public void An_empty_argument_keeps_its_place() =>
        Assert.Equal(
            ["docker", "run", "--privileged", "-v", "/:/host", "", @"\xff\x0a", "\u202e=1+1"],
            JsonNode.Parse(EcsFormat.Write(Some.Alert()))!["process"]!["args"]!.AsArray().Select(static argument => (string?)argument));

    [Fact]
    public void Nothing_that_a_terminal_might_obey_comes_out_as_it_is()
    {
        foreach (string line in Lines(Some.Alert()))
        {
            Assert.True(SafeText.IsSafe(line.TrimEnd('\r')), line);
        }
    }

    [Fact]
    public void Random_alerts_are_one_line_of_what_they_say_they_are()
    {
        int seed = Faults.Seed;
        var random = new Random(seed);
        for (int i = 0; i < 300; i++)
        {
            StoredAlert alert = Some.Alert();
            var words = new byte[random.Next(40)];
            random.NextBytes(words);
            alert.Alert.CommandLine.Argv[random.Next(8)] = Google.Protobuf.ByteString.CopyFrom(words);
            alert.Alert.Process.User = alert.Alert.Host.Name = alert.Alert.CommandLine.Image = RandomText(random);
            alert.Alert.Scores.Severity = (Severity)random.Next(6);
            alert.Alert.Scores.Techniques[0] = RandomText(random);
            foreach (string line in Lines(alert))
            {
                Assert.True(!line.Contains('\n') && line.TrimEnd('\r').All(static c => !char.IsControl(c)), $"seed {seed}, {i}: {line}");
            }

            foreach (string line in Lines(alert).SkipLast(1))
            {
                JsonNode.Parse(line);
            }
        }
    }

    [Fact]
    public void The_published_search_of_T1610_finds_what_Splunk_gets()
    {
        JsonNode got = JsonNode.Parse(SplunkFormat.Write(Some.Alert(), "syslog"))!;
        JsonNode found = got["event"]!;
        string? proc = Coalesce(found, "Image", "process", "comm");
        string? cmd = Coalesce(found, "CommandLine", "command", "cmd");
        Assert.Equal("syslog", (string?)got["sourcetype"]);
        Assert.Matches("(?i)(docker|kubectl|podman|nerdctl|crictl|ctr)$", proc);
        Assert.Matches(@"(?i)\s+(run|create|apply|exec)\s", cmd);
        Assert.Matches("--privileged", cmd);
        Assert.Matches(@"-v\s+/[:/]", cmd);
        Assert.Equal("PRIVILEGED, HOST_MOUNT", (string?)found["suspicious_flags"]);
        Assert.Equal(120, (int?)found["risk_score"]);
        Assert.Equal("node-17", (string?)got["host"]);
        Assert.Equal("alice", (string?)found["user"]);
        Assert.Equal(1772448137.123m, (decimal)got["time"]!);
    }

    [Fact]
    public void The_published_search_of_T1059_013_finds_what_Sumo_gets()
    {
        JsonNode line = JsonNode.Parse(SumoFormat.Write(Some.Alert()))!;
        Assert.Contains((string?)line["process"]!["name"], new[] { "docker", "kubectl", "crictl", "ctr", "podman", "nerdctl" });
        Assert.Matches(@"\/(docker|kubectl|crictl|ctr|podman|nerdctl)$", (string?)line["process"]!["executable"]);
        Assert.Matches(@"(?i)(docker run|--privileged|-v \/:\/host)", (string?)line["process"]!["args"]);
        Assert.Equal("node-17", (string?)line["host"]!["name"]);
        Assert.Equal("alice", (string?)line["user"]!["name"]);
        Assert.Equal((3, 3, 0, 0, 0, 6, "CRITICAL"), (
            (int)line["priv_score"]!, (int)line["mount_score"]!, (int)line["exec_score"]!, (int)line["secrets_score"]!, (int)line["escape_score"]!,
            (int)line["suspicion_score"]!, (string)line["severity"]!));
    }

    [Fact]
    public void What_we_write_of_OTLP_is_all_known_to_the_official_definitions()
    {
        string[] ours =
        [
            OtlpJson.Write(OtlpLogs.Of([Some.Alert("a"), Some.BareAlert("b"), Some.Alert("c")])),
            OtlpJson.Write(OtlpLogs.Of([Some.Gap])),
            OtlpJson.Write(OtlpLogs.Of([Some.Finding])),
        ];
        Programs.Outcome decoded = Programs.Run(
            new System.Diagnostics.ProcessStartInfo("node", [Repository.Path("tests/interop/otlp.js"), "decode"]), string.Join('\n', ours));
        Assert.True(decoded.ExitCode == 0, decoded.Error);
        string[] theirs = decoded.Output.TrimEnd().Split('\n');
        Assert.Equal(ours.Length, theirs.Length);
        foreach ((string our, string their) in ours.Zip(theirs))
        {
            Assert.True(JsonNode.DeepEquals(JsonNode.Parse(our), JsonNode.Parse(their)), $"{our}\n{their}");
        }

        Assert.Equal(2, JsonNode.Parse(ours[0])!["resourceLogs"]!.AsArray().Count);
    }

    private static string? Coalesce(JsonNode found, params string[] names) => names.Select(name => (string?)found[name]).FirstOrDefault(static value => value is not null);

    private static IEnumerable<string> Lines(StoredAlert alert) =>
    [
        EcsFormat.Write(alert),
        OcsfFormat.Write(alert),
        OtlpJson.Write(OtlpLogs.Of([alert])),
        SplunkFormat.Write(alert, "tallyman:alert"),
        SumoFormat.Write(alert),
        CsvFormat.Write(alert),
    ];

    private static string RandomText(Random random) => string.Concat(Enumerable.Range(0, random.Next(12)).Select(_ =>
        new Rune(random.Next(4) switch { 0 => random.Next(0x20), 1 => random.Next(0x20, 0x7f), 2 => random.Next(0x80, 0x2100), _ => 0x1f600 }).ToString()));

    private static string Example(string file) => File.ReadAllText(Repository.Path("tests/Collector.Tests/Export/mappings/" + file));

    private static void AssertIsIn(string example, string ours, string[] also, string except)
    {
        HashSet<string> known = [.. PathsIn(JsonNode.Parse(Example(example))!, ""), .. also];
        string[] paths = [.. PathsIn(JsonNode.Parse(ours)!, "").Where(path => !path.StartsWith(except, StringComparison.Ordinal))];
        Assert.True(paths.Length > 30);
        Assert.Empty(paths.Except(known));
    }

    /// <summary>"process.args[]:String" of each value.</summary>
    private static IEnumerable<string> PathsIn(JsonNode node, string path) => node switch
    {
        JsonObject members => members.SelectMany(member => PathsIn(member.Value!, $"{path}{(path.Length > 0 ? "." : "")}{member.Key}")),
        JsonArray items => items.SelectMany(item => PathsIn(item!, path + "[]")),
        _ => [string.Create(CultureInfo.InvariantCulture, $"{path}:{(node.GetValueKind() is JsonValueKind.True or JsonValueKind.False ? "Boolean" : node.GetValueKind())}")],
    };

    /// <summary>"process.pid:intValue" of each.</summary>
    private static IEnumerable<string> AttributesIn(string otlp) => Regex.Matches(otlp, """{\s*"key":\s*"([^"]+)",\s*"value":\s*{\s*"(\w+)":""").Select(static match =>
        $"{match.Groups[1].Value}:{match.Groups[2].Value}");
}
