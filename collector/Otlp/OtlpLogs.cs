using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Tallyman.Collector.Export;
using Tallyman.Collector.Store;
using Tallyman.Rendering;
using Tallyman.V1;

namespace Tallyman.Collector.Otlp;

/// <summary>
/// What is stored as OpenTelemetry's log records, those of one host side by side. Names are those of its semantic conventions
/// 1.43 where they have one, and <c>tallyman.*</c> where not.
/// </summary>
internal static class OtlpLogs
{
    public static ExportLogsServiceRequest Of(IEnumerable<StoredAlert> alerts) => Request(
        alerts.Select(static stored => (Resource(stored.AgentId, stored.Alert.Host), Record(stored))));

    public static ExportLogsServiceRequest Of(IEnumerable<StoredGap> gaps) => Request(
        gaps.Select(static gap => (Resource(gap.AgentId, host: null), Record(gap))));

    public static ExportLogsServiceRequest Of(IEnumerable<Finding> findings) => Request(
        findings.Select(static finding => (Resource(finding.AgentId, host: null), Record(finding))));

    private static ExportLogsServiceRequest Request(IEnumerable<(Resource Resource, LogRecord Record)> records)
    {
        var request = new ExportLogsServiceRequest();
        foreach (IGrouping<Resource, LogRecord> host in records.GroupBy(static each => each.Resource, static each => each.Record))
        {
            var scope = new ScopeLogs { Scope = new InstrumentationScope { Name = "tallyman" } };
            scope.LogRecords.Add(host);
            request.ResourceLogs.Add(new ResourceLogs { Resource = host.Key, ScopeLogs = { scope } });
        }

        return request;
    }

    private static Resource Resource(string agentId, V1.Host? host)
    {
        var resource = new Resource();
        Attributes to = new(resource.Attributes);
        to.Add("service.name", "tallyman");
        to.Add("service.instance.id", agentId);
        to.Add("host.id", host?.Id);
        to.Add("host.name", host?.Name);
        to.Add("os.type", "linux");
        return resource;
    }

    private static LogRecord Record(StoredAlert stored)
    {
        Alert alert = stored.Alert;
        var record = new LogRecord
        {
            TimeUnixNano = Nanoseconds(alert.Time),
            ObservedTimeUnixNano = Nanoseconds(Timestamp.FromDateTimeOffset(stored.Stored)),
            SeverityNumber = NumberOf(alert.Scores.Severity),
            SeverityText = AlertJson.NameOf(alert.Scores.Severity),
            EventName = "tallyman.alert",
            Body = new AnyValue { StringValue = ExportText.Of(alert) },
        };
        Attributes to = new(record.Attributes);
        to.Add("log.record.uid", alert.Id);
        to.Add("security_rule.name", Techniques.NameOf(alert.Scores));
        to.Add("security_rule.uuid", alert.Scores.Techniques.FirstOrDefault());
        to.Add("security_rule.ruleset.name", alert.Scores.Profile);
        AddProcess(to, alert);
        AddCommandLine(to, alert.CommandLine);
        to.Add("tallyman.sequence", (long)stored.Sequence);
        to.Add("tallyman.boot_id", alert.Host?.BootId);
        to.Add("tallyman.suspicious_flags", ExportText.Flags(alert));
        to.Add("tallyman.mitre.technique.id", alert.Scores.Techniques);
        foreach ((string name, uint score) in ExportText.Scores(alert.Scores))
        {
            to.Add($"tallyman.{name}", score);
        }

        to.Add("tallyman.source", alert.Source);
        to.Add("tallyman.lowered_by", alert.Lowered?.Exception);
        if (alert.Seen is Seen seen)
        {
            to.Add("tallyman.times_seen", (long)seen.Times);
        }

        if (alert.Repeated > 0)
        {
            to.Add("tallyman.repeated", (long)alert.Repeated);
        }

        return record;
    }

    private static void AddProcess(Attributes to, Alert alert)
    {
        if (alert.Process is not Process process)
        {
            return;
        }

        to.Add("process.pid", process.Pid);
        to.Add("process.parent_pid", process.Ppid);
        to.Add("process.executable.name", process.Comm);
        to.Add("process.executable.path", process.Executable);
        to.Add("process.working_directory", process.Cwd);
        to.Add("process.user.id", process.Euid);
        to.Add("process.user.name", process.EffectiveUser);
        to.Add("process.real_user.id", process.Uid);
        to.Add("process.real_user.name", process.User);
        to.Add("process.linux.cgroup", process.Cgroup);
        to.Add("container.id", process.Container);
        to.Add("k8s.namespace.name", process.Pod?.Namespace);
        to.Add("k8s.pod.name", process.Pod?.Name);
        to.Add("k8s.pod.uid", process.Pod?.Uid);
        to.Add("tallyman.login_address", process.Login?.Address);
        to.Add("tallyman.sudo_user", process.Sudo?.User);
        if (process.Tty.Length > 0)
        {
            to.Add("process.interactive", true);
        }

        if (process.HasLoginuid)
        {
            to.Add("tallyman.loginuid", process.Loginuid);
        }
    }

    private static void AddCommandLine(Attributes to, CommandLine line)
    {
        to.Add("process.command_args", line.Argv.Select(static argument => SafeText.Decode(argument.Span)));
        to.Add("process.args_count", line.Argc);
        to.Add("tallyman.tool", line.Tool);
        to.Add("tallyman.command", line.Command);
        to.Add("tallyman.image", line.Image);
        to.Add("tallyman.facts", line.Facts);
        to.Add("tallyman.error", line.Error);
        to.Add("tallyman.truncated", line.MissingBytes > 0);
        to.Add("tallyman.redacted", line.Redacted);
    }

    private static LogRecord Record(StoredGap stored)
    {
        GapRow gap = stored.Gap;
        var record = new LogRecord
        {
            TimeUnixNano = Nanoseconds(Timestamp.FromDateTimeOffset(gap.Last)),
            SeverityNumber = 13, // WARN
            SeverityText = "WARN",
            EventName = "tallyman.gap",
            Body = new AnyValue { StringValue = ExportText.Of(stored) },
        };
        Attributes to = new(record.Attributes);
        to.Add("tallyman.sequence", (long)gap.Sequence);
        to.Add("tallyman.gap.reason", gap.Reason);
        to.Add("tallyman.gap.count", unchecked((long)gap.Count));
        to.Add("tallyman.gap.count_is_exact", gap.CountIsExact);
        return record;
    }

    private static LogRecord Record(Finding finding)
    {
        var record = new LogRecord
        {
            TimeUnixNano = Nanoseconds(Timestamp.FromDateTimeOffset(finding.Since)),
            SeverityNumber = 13,
            SeverityText = "WARN",
            EventName = "tallyman.finding",
            Body = new AnyValue { StringValue = ExportText.Of(finding) },
        };
        Attributes to = new(record.Attributes);
        to.Add("tallyman.finding.kind", finding.Kind);
        to.Add("tallyman.finding.count", finding.Count);
        to.Add("tallyman.finding.detail", finding.Detail);
        return record;
    }

    /// <summary>Since 1970; 0, which means unknown, for what was before.</summary>
    private static ulong Nanoseconds(Timestamp time) => time.Seconds < 0 ? 0 : ((ulong)time.Seconds * 1_000_000_000) + (ulong)time.Nanos;

    /// <summary>OpenTelemetry, "Logs Data Model", Severity Fields: WARN, ERROR2, FATAL.</summary>
    private static int NumberOf(Severity severity) => severity switch
    {
        Severity.Critical => 21,
        Severity.High => 18,
        Severity.Medium => 13,
        _ => 9,
    };

    /// <summary>What is not known is not added.</summary>
    private readonly struct Attributes(ICollection<KeyValue> attributes)
    {
        public void Add(string key, string? value)
        {
            if (!string.IsNullOrEmpty(value))
            {
                Add(key, new AnyValue { StringValue = value });
            }
        }

        public void Add(string key, long value) => Add(key, new AnyValue { IntValue = value });

        public void Add(string key, bool value) => Add(key, new AnyValue { BoolValue = value });

        public void Add(string key, IEnumerable<string> values)
        {
            var array = new ArrayValue();
            array.Values.Add(values.Select(static value => new AnyValue { StringValue = value }));
            if (array.Values.Count > 0)
            {
                Add(key, new AnyValue { ArrayValue = array });
            }
        }

        private void Add(string key, AnyValue value) => attributes.Add(new KeyValue { Key = key, Value = value });
    }
}
