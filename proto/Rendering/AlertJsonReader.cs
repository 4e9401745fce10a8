using System.Globalization;
using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Tallyman.V1;

namespace Tallyman.Rendering;

/// <summary>Alerts that <see cref="AlertJson"/> has written, read again. What is left out there is absent here.</summary>
public static class AlertJsonReader
{
    /// <returns>Null if it is an object, but no alert of an execution: a gap, an answer of "score".</returns>
    /// <exception cref="FormatException">It is no alert that this program writes.</exception>
    public static (Alert Alert, ulong Sequence)? Read(string line)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(line);
            JsonElement json = document.RootElement;
            return json.ValueKind != JsonValueKind.Object ? throw new FormatException("it must be a JSON object")
                : json.TryGetProperty("id", out _) && json.TryGetProperty("alert", out JsonElement alert) && alert.GetBoolean()
                    ? (AlertOf(json), json.TryGetProperty("sequence", out JsonElement sequence) ? sequence.GetUInt64() : 0)
                    : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or OverflowException)
        {
            throw new FormatException(e.Message);
        }
    }

    private static Alert AlertOf(JsonElement json)
    {
        var alert = new Alert
        {
            Id = Word(json.GetProperty("id")),
            Time = Time(json, "time") ?? throw new FormatException("it must have a time"),
            Host = new Host { Name = Text(json, "host") },
            Source = Text(json, "source"),
            CommandLine = CommandLineOf(json),
            Scores = ScoresOf(json),
            Process = ProcessOf(json),
            Repeated = Number(json, "repeated"),
            RepeatedSince = Time(json, "repeated_since"),
        };
        alert.Indicators.AddRange(Items(json, "indicators").Select(IndicatorOf));
        if (json.TryGetProperty("lowered", out JsonElement lowered))
        {
            alert.Lowered = new Lowered { Exception = Text(lowered, "exception"), From = SeverityOf(Text(lowered, "from")) };
        }

        if (json.TryGetProperty("times_seen", out JsonElement times))
        {
            alert.Seen = new Seen { Times = times.GetUInt64(), Since = Time(json, "seen_since") };
        }

        return alert;
    }

    private static CommandLine CommandLineOf(JsonElement json)
    {
        var line = new CommandLine
        {
            Tool = Text(json, "tool"),
            Command = Text(json, "command"),
            Image = Text(json, "image"),
            Error = Text(json, "error"),
            MissingBytes = Number(json, "missing_bytes"),
            Argc = (uint)Number(json, "argc"),
            Redacted = json.TryGetProperty("redacted", out JsonElement redacted) && redacted.GetBoolean(),
        };
        line.Argv.AddRange(Items(json, "argv").Select(static word => ByteString.CopyFromUtf8(Word(word))));
        if (json.TryGetProperty("argv_bytes", out JsonElement bytes))
        {
            foreach (JsonProperty each in bytes.EnumerateObject())
            {
                line.Argv[Index(each.Name, line.Argv.Count)] = ByteString.CopyFrom(each.Value.GetBytesFromBase64());
            }
        }

        line.Cuts.AddRange(Items(json, "argv_cut").Select(static cut => new ArgumentCut { Arg = (uint)Number(cut, "arg"), Length = Number(cut, "length"), Sha256 = Text(cut, "sha256") }));
        if (json.TryGetProperty("argv_omitted", out JsonElement omitted))
        {
            (line.OmittedFrom, line.OmittedCount) = ((uint)Number(omitted, "from"), (uint)Number(omitted, "count"));
        }

        line.Facts.AddRange(Texts(json, "facts"));
        line.Warnings.AddRange(Texts(json, "warnings"));
        line.Manifests.AddRange(Items(json, "manifests").Select(ManifestOf));
        return line;
    }

    private static int Index(string text, int count) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int index) && index < count ? index : throw new FormatException($"argv_bytes has no index {text}");

    private static Manifest ManifestOf(JsonElement json)
    {
        var manifest = new Manifest { Name = Text(json, "name"), Sha256 = Text(json, "sha256"), Unread = Text(json, "unread") };
        if (json.TryGetProperty("arg", out JsonElement arg))
        {
            manifest.Arg = arg.GetUInt32();
        }

        return manifest;
    }

    private static Scores ScoresOf(JsonElement json)
    {
        var scores = new Scores
        {
            RiskScore = (uint)Number(json, "risk_score"),
            SuspicionScore = (uint)Number(json, "suspicion_score"),
            PrivScore = (uint)Number(json, "priv_score"),
            MountScore = (uint)Number(json, "mount_score"),
            ExecScore = (uint)Number(json, "exec_score"),
            SecretsScore = (uint)Number(json, "secrets_score"),
            EscapeScore = (uint)Number(json, "escape_score"),
            Alert = true,
            Severity = SeverityOf(Text(json, "severity")),
        };
        scores.Techniques.AddRange(Texts(json, "techniques"));
        return scores;
    }

    private static Severity SeverityOf(string name) => name switch
    {
        "CRITICAL" => Severity.Critical,
        "HIGH" => Severity.High,
        "MEDIUM" => Severity.Medium,
        _ => throw new FormatException($"there is no severity '{SafeText.Escape(name)}'"),
    };

    private static Indicator IndicatorOf(JsonElement json)
    {
        var indicator = new Indicator
        {
            Id = Word(json.GetProperty("id")),
            Evidence = Text(json, "evidence"),
            Value = Text(json, "value"),
            Risk = (uint)Number(json, "risk"),
            Component = Text(json, "component"),
            Weight = (uint)Number(json, "weight"),
        };
        if (json.TryGetProperty("arg", out JsonElement arg))
        {
            indicator.Arg = arg.GetUInt32();
        }

        return indicator;
    }

    private static Process ProcessOf(JsonElement json)
    {
        var process = new Process
        {
            Pid = (uint)Number(json, "pid"),
            Ppid = (uint)Number(json, "ppid"),
            Uid = (uint)Number(json, "uid"),
            Euid = (uint)Number(json, "euid"),
            Gid = (uint)Number(json, "gid"),
            User = Text(json, "user"),
            EffectiveUser = Text(json, "effective_user"),
            LoginUser = Text(json, "login_user"),
            Tty = Text(json, "tty"),
            Executable = Text(json, "proc"),
            Filename = Text(json, "filename"),
            Comm = Text(json, "comm"),
            ParentComm = Text(json, "parent_comm"),
            Cwd = Text(json, "cwd"),
            Cgroup = Text(json, "cgroup"),
            Container = Text(json, "container"),
            ContainerRuntime = Text(json, "container_runtime"),
            PidNamespace = (uint)Number(json, "pid_namespace"),
            MountNamespace = (uint)Number(json, "mount_namespace"),
            UserNamespace = (uint)Number(json, "user_namespace"),
            IdentifiedBy = Text(json, "identified_by"),
            SeenAtStart = json.TryGetProperty("seen_at_start", out JsonElement seen) && seen.GetBoolean(),
            Unit = Text(json, "unit"),
            UserUnit = Text(json, "user_unit"),
            Slice = Text(json, "slice"),
        };
        if (json.TryGetProperty("loginuid", out JsonElement loginuid))
        {
            process.Loginuid = loginuid.GetUInt32();
        }

        if (json.TryGetProperty("session", out JsonElement session))
        {
            process.Session = session.GetUInt32();
        }

        AddActor(process, json);
        return process;
    }

    private static void AddActor(Process process, JsonElement json)
    {
        if (json.TryGetProperty("login", out JsonElement login))
        {
            process.Login = new Login { Service = Text(login, "service"), User = Text(login, "user"), Address = Text(login, "address"), From = Text(login, "from") };
        }

        if (json.TryGetProperty("sudo", out JsonElement sudo))
        {
            process.Sudo = new SudoCaller { User = Text(sudo, "user"), From = Text(sudo, "from") };
            if (sudo.TryGetProperty("uid", out JsonElement uid))
            {
                process.Sudo.Uid = uid.GetUInt32();
            }
        }

        if (json.TryGetProperty("pod", out JsonElement pod))
        {
            process.Pod = new Pod { Uid = Text(pod, "uid"), Namespace = Text(pod, "namespace"), Name = Text(pod, "name"), QosClass = Text(pod, "qos_class") };
        }

        process.Ancestry.AddRange(Items(json, "ancestry").Select(AncestorOf));
        if (json.TryGetProperty("missing", out JsonElement missing))
        {
            foreach (JsonProperty fact in missing.EnumerateObject())
            {
                process.Missing[fact.Name] = Word(fact.Value);
            }
        }
    }

    private static Ancestor AncestorOf(JsonElement json)
    {
        var ancestor = new Ancestor { Pid = (uint)Number(json, "pid"), Executable = Text(json, "proc"), Comm = Text(json, "comm"), User = Text(json, "user"), Start = Time(json, "start") };
        if (json.TryGetProperty("uid", out JsonElement uid))
        {
            ancestor.Uid = uid.GetUInt32();
        }

        return ancestor;
    }

    private static string Word(JsonElement text) => text.GetString() ?? throw new FormatException("a text is missing");

    private static string Text(JsonElement json, string name) => json.TryGetProperty(name, out JsonElement text) ? text.GetString() ?? "" : "";

    private static ulong Number(JsonElement json, string name) => json.TryGetProperty(name, out JsonElement number) ? number.GetUInt64() : 0;

    private static JsonElement[] Items(JsonElement json, string name) => json.TryGetProperty(name, out JsonElement list) ? [.. list.EnumerateArray()] : [];

    private static IEnumerable<string> Texts(JsonElement json, string name) => Items(json, name).Select(Word);

    private static Timestamp? Time(JsonElement json, string name) =>
        json.TryGetProperty(name, out JsonElement time) ? Timestamp.FromDateTimeOffset(time.GetDateTimeOffset()) : null;
}
