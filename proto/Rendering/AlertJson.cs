using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Tallyman.V1;

namespace Tallyman.Rendering;

/// <summary>
/// An alert, or the answer to one command line, as one JSON object on one line: the contract that docs/alerts.md explains.
/// Flat names of the two published detections first, then detail; what is not known is left out.
/// </summary>
public static class AlertJson
{
    public static JsonWriterOptions Options { get; } = new()
    {
        // Readable, as this goes to no HTML page; what even so is treacherous on a terminal is escaped in WriteText.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    };

    /// <param name="sequence">Where the alert stands among the records of its agent; null if it is not one.</param>
    public static string Write(Alert alert, ulong? sequence = null)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteStartObject();
            WriteCommandLine(json, alert.CommandLine);
            if (alert.CommandLine.Redacted && alert.Process is null)
            {
                json.WriteBoolean("redacted", true);
            }

            if (alert.Scores is Scores scores)
            {
                WriteScores(json, scores, alert.Indicators, alert.Lowered);
            }
            else
            {
                json.WriteBoolean("alert", false);
            }

            if (alert.Process is Process process)
            {
                WriteEvent(json, alert, process, sequence);
            }

            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static void WriteCommandLine(Utf8JsonWriter json, CommandLine line)
    {
        json.WriteStartArray("argv");
        foreach (ByteString argument in line.Argv)
        {
            WriteText(json, SafeText.Decode(argument.Span));
        }

        json.WriteEndArray();
        if (line.Argv.Any(argument => !IsUtf8(argument.Span)))
        {
            json.WriteStartObject("argv_bytes");
            for (int i = 0; i < line.Argv.Count; i++)
            {
                if (!IsUtf8(line.Argv[i].Span))
                {
                    json.WriteBase64String(i.ToString(CultureInfo.InvariantCulture), line.Argv[i].Span);
                }
            }

            json.WriteEndObject();
        }

        if (line.Cuts.Count > 0)
        {
            WriteCuts(json, line.Cuts);
        }

        if (line.OmittedCount > 0)
        {
            json.WriteStartObject("argv_omitted");
            json.WriteNumber("from", line.OmittedFrom);
            json.WriteNumber("count", line.OmittedCount);
            json.WriteEndObject();
        }

        if (line.Tool.Length == 0)
        {
            json.WriteNull("tool");
            return;
        }

        json.WriteString("tool", line.Tool);
        json.WriteString("command", line.Command);
        WriteIfKnown(json, "verb", line.Command[(line.Command.LastIndexOf(' ') + 1)..]);
        WriteIfKnown(json, "image", line.Image);
        WriteTexts(json, "facts", line.Facts);
        WriteIfKnown(json, "error", line.Error);
        if (line.Warnings.Count > 0)
        {
            WriteTexts(json, "warnings", line.Warnings);
        }

        if (line.Manifests.Count > 0)
        {
            WriteManifests(json, line.Manifests);
        }
    }

    private static void WriteManifests(Utf8JsonWriter json, IReadOnlyCollection<Manifest> manifests)
    {
        json.WriteStartArray("manifests");
        foreach (Manifest manifest in manifests)
        {
            json.WriteStartObject();
            WriteText(json, "name", manifest.Name);
            if (manifest.HasArg)
            {
                json.WriteNumber("arg", manifest.Arg);
            }

            WriteIfKnown(json, "sha256", manifest.Sha256);
            WriteIfKnown(json, "unread", manifest.Unread);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteCuts(Utf8JsonWriter json, IReadOnlyCollection<ArgumentCut> cuts)
    {
        json.WriteStartArray("argv_cut");
        foreach (ArgumentCut cut in cuts)
        {
            json.WriteStartObject();
            json.WriteNumber("arg", cut.Arg);
            json.WriteNumber("length", cut.Length);
            json.WriteString("sha256", cut.Sha256);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteScores(Utf8JsonWriter json, Scores scores, IReadOnlyCollection<Indicator> indicators, Lowered? lowered)
    {
        WriteTexts(json, "suspicious_flags", indicators.Select(indicator => indicator.Id).Distinct());
        json.WriteNumber("risk_score", scores.RiskScore);
        json.WriteNumber("priv_score", scores.PrivScore);
        json.WriteNumber("mount_score", scores.MountScore);
        json.WriteNumber("exec_score", scores.ExecScore);
        json.WriteNumber("secrets_score", scores.SecretsScore);
        json.WriteNumber("escape_score", scores.EscapeScore);
        json.WriteNumber("suspicion_score", scores.SuspicionScore);
        if (scores.Severity != Severity.Unspecified)
        {
            json.WriteString("severity", NameOf(scores.Severity));
            if (lowered is not null)
            {
                json.WriteStartObject("lowered");
                json.WriteString("exception", lowered.Exception);
                json.WriteString("from", NameOf(lowered.From));
                json.WriteEndObject();
            }
        }

        json.WriteBoolean("alert", scores.Alert);
        WriteTexts(json, "techniques", scores.Techniques);
        json.WriteStartArray("indicators");
        foreach (Indicator indicator in indicators)
        {
            json.WriteStartObject();
            json.WriteString("id", indicator.Id);
            if (indicator.HasArg)
            {
                json.WriteNumber("arg", indicator.Arg);
            }

            WriteIfKnown(json, "evidence", indicator.Evidence);
            WriteIfKnown(json, "value", indicator.Value);
            if (indicator.Risk > 0)
            {
                json.WriteNumber("risk", indicator.Risk);
            }

            if (indicator.Weight > 0)
            {
                json.WriteString("component", indicator.Component);
                json.WriteNumber("weight", indicator.Weight);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteEvent(Utf8JsonWriter json, Alert alert, Process process, ulong? sequence)
    {
        json.WriteString("id", alert.Id);
        if (sequence is ulong number)
        {
            json.WriteNumber("sequence", number);
        }

        WriteTime(json, "time", alert.Time);
        if (alert.Repeated > 0)
        {
            json.WriteNumber("repeated", alert.Repeated);
            WriteTime(json, "repeated_since", alert.RepeatedSince);
        }

        if (alert.Seen is Seen seen)
        {
            json.WriteBoolean("first_seen", seen.Times == 1);
            json.WriteNumber("times_seen", seen.Times);
            WriteTime(json, "seen_since", seen.Since);
        }

        WriteIfKnown(json, "host", alert.Host?.Name ?? "");
        WriteIfKnown(json, "user", process.User);
        json.WriteNumber("uid", process.Uid);
        json.WriteNumber("euid", process.Euid);
        WriteIfKnown(json, "effective_user", process.EffectiveUser);
        json.WriteNumber("gid", process.Gid);
        if (process.HasLoginuid)
        {
            json.WriteNumber("loginuid", process.Loginuid);
        }

        WriteIfKnown(json, "login_user", process.LoginUser);
        if (process.HasSession)
        {
            json.WriteNumber("session", process.Session);
        }

        WriteIfKnown(json, "tty", process.Tty);
        json.WriteNumber("pid", process.Pid);
        json.WriteNumber("ppid", process.Ppid);
        WriteIfKnown(json, "proc", process.Executable);
        WriteIfKnown(json, "filename", process.Filename);
        WriteIfKnown(json, "comm", process.Comm);
        WriteIfKnown(json, "parent_comm", process.ParentComm);
        WriteText(json, "cmd", AlertText.Command(alert.CommandLine));
        WriteIfKnown(json, "cwd", process.Cwd);
        WriteIfKnown(json, "cgroup", process.Cgroup);
        WriteIfKnown(json, "container", process.Container);
        json.WriteNumber("pid_namespace", process.PidNamespace);
        json.WriteNumber("mount_namespace", process.MountNamespace);
        json.WriteNumber("user_namespace", process.UserNamespace);
        WriteIfKnown(json, "identified_by", process.IdentifiedBy);
        if (process.SeenAtStart)
        {
            json.WriteBoolean("seen_at_start", true);
        }

        ActorJson.Write(json, process);
        json.WriteString("source", alert.Source);
        json.WriteNumber("argc", alert.CommandLine.Argc);
        json.WriteBoolean("truncated", alert.CommandLine.MissingBytes > 0);
        if (alert.CommandLine.MissingBytes > 0)
        {
            json.WriteNumber("missing_bytes", alert.CommandLine.MissingBytes);
        }

        json.WriteBoolean("redacted", alert.CommandLine.Redacted);
    }

    internal static void WriteTime(Utf8JsonWriter json, string name, Timestamp? time)
    {
        if (time is not null)
        {
            json.WriteString(name, time.ToDateTimeOffset().ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture));
        }
    }

    public static string NameOf(Severity severity) => severity switch
    {
        Severity.Critical => "CRITICAL",
        Severity.High => "HIGH",
        Severity.Medium => "MEDIUM",
        _ => "NONE",
    };

    private static void WriteTexts(Utf8JsonWriter json, string name, IEnumerable<string> texts)
    {
        json.WriteStartArray(name);
        foreach (string text in texts)
        {
            WriteText(json, text);
        }

        json.WriteEndArray();
    }

    internal static void WriteIfKnown(Utf8JsonWriter json, string name, string text)
    {
        if (text.Length > 0)
        {
            WriteText(json, name, text);
        }
    }

    public static void WriteText(Utf8JsonWriter json, string name, string text)
    {
        json.WritePropertyName(name);
        WriteText(json, text);
    }

    /// <summary>Readable where that is harmless, else as plain ASCII.</summary>
    public static void WriteText(Utf8JsonWriter json, string text)
    {
        if (SafeText.IsSafe(text))
        {
            json.WriteStringValue(text);
        }
        else
        {
            json.WriteStringValue(JsonEncodedText.Encode(text, JavaScriptEncoder.Default)); // \uXXXX for all but plain ASCII
        }
    }

    private static bool IsUtf8(ReadOnlySpan<byte> bytes) => Utf8.IsValid(bytes);
}
