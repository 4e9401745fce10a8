using System.Globalization;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Tallyman.Agent.Model;
using Tallyman.Agent.Redaction;
using Tallyman.Rendering;

namespace Tallyman.Agent.Alerts;

/// <summary>
/// Makes the messages that travel to the collector, and that JSON and text are made of. Nothing of a command line gets into
/// them but through its redactions.
/// </summary>
internal static class AlertMessage
{
    // An alert never outgrows what a collector takes: every text in it has a bound. Longer ones keep head and tail.
    private const int EvidenceShown = 256;
    private const int TextShown = 1024;

    /// <summary>Facts that are listed; a command line may have a hundred thousand. All of them count for the scores.</summary>
    private const int MostFacts = 256;

    /// <summary>Findings of one indicator that are listed.</summary>
    private const int MostFindings = 16;

    private static readonly V1.Severity[] Severities = [V1.Severity.Unspecified, V1.Severity.Medium, V1.Severity.High, V1.Severity.Critical];

    /// <param name="redactions">Of the alert's argv.</param>
    public static V1.Alert Of(Alert alert, HostIdentity host, Redactions redactions)
    {
        ExecEvent exec = alert.Exec;
        V1.Alert message = OfCommandLine(redactions, alert.Invocation, alert.Verdict);
        message.Id = alert.Id;
        message.Time = Timestamp.FromDateTimeOffset(exec.Time);
        message.Host = new V1.Host { Id = host.Id, Name = host.Name, BootId = host.BootId };
        message.Source = exec.Source;
        message.CommandLine.Argc = exec.Argc;
        message.CommandLine.MissingBytes = (ulong)exec.MissingBytes;
        message.Process = ProcessOf(exec, redactions);
        return message;
    }

    /// <summary>The answer to a command line that nobody has executed.</summary>
    public static V1.Alert OfCommandLine(Redactions redactions, Invocation? invocation, Verdict? verdict)
    {
        Argv argv = redactions.Argv;
        ArgvCut cut = ArgvCut.Of(argv);
        var message = new V1.Alert { CommandLine = new V1.CommandLine { Argc = (uint)argv.Count, Redacted = redactions.Places.Length > 0 } };
        message.CommandLine.Argv.AddRange(cut.Arguments.Select(static argument => UnsafeByteOperations.UnsafeWrap(argument)));
        message.CommandLine.Cuts.AddRange(cut.Cuts);
        message.CommandLine.OmittedFrom = cut.OmittedFrom;
        message.CommandLine.OmittedCount = cut.OmittedCount;
        if (invocation is null || verdict is null || (!invocation.Tool.IsContainerTool() && verdict.Indicators.IsEmpty))
        {
            return message;
        }

        invocation = redactions.Of(invocation);
        message.CommandLine.Tool = invocation.Tool.Name();
        message.CommandLine.Command = invocation.Command;
        message.CommandLine.Image = SafeText.Shorten(invocation.Image ?? "", TextShown);
        message.CommandLine.Error = invocation.Error ?? "";
        message.CommandLine.Warnings.AddRange(invocation.Warnings);
        message.CommandLine.Manifests.AddRange(invocation.Manifests.Select(ManifestOf));
        IReadOnlyList<string> facts = FactReport.Of(invocation);
        message.CommandLine.Facts.AddRange(facts.Take(MostFacts).Select(static fact => SafeText.Shorten(fact, TextShown)));
        message.Scores = ScoresOf(verdict);
        message.Indicators.AddRange(verdict.Indicators
            .GroupBy(static indicator => indicator.Id)
            .SelectMany(static findings => findings.Where(static finding => finding.Risk > 0 || finding.Weight > 0).Union(findings.Take(MostFindings)))
            .Select(indicator => IndicatorOf(indicator, redactions)));
        if (facts.Count > MostFacts || message.Indicators.Count < verdict.Indicators.Length)
        {
            message.CommandLine.Warnings.Add(string.Create(
                CultureInfo.InvariantCulture,
                $"{Math.Max(0, facts.Count - MostFacts)} facts and {verdict.Indicators.Length - message.Indicators.Count} findings of the same indicators are not listed"));
        }

        return message;
    }

    /// <summary>Makes it less severe, as an exception of the site says.</summary>
    public static void Lower(V1.Alert message, Severity severity, string exception)
    {
        message.Lowered = new V1.Lowered { Exception = exception, From = message.Scores.Severity };
        message.Scores.Severity = Severities[(int)severity];
    }

    private static V1.Manifest ManifestOf(Manifest manifest)
    {
        var message = new V1.Manifest { Name = SafeText.Shorten(manifest.Name, TextShown), Sha256 = manifest.Sha256 ?? "", Unread = manifest.Unread ?? "" };
        if (manifest.Arg >= 0)
        {
            message.Arg = (uint)manifest.Arg;
        }

        return message;
    }

    private static V1.Scores ScoresOf(Verdict verdict)
    {
        var scores = new V1.Scores
        {
            RiskScore = (uint)verdict.RiskScore,
            SuspicionScore = (uint)verdict.Parts.Sum,
            PrivScore = (uint)verdict.Parts.Priv,
            MountScore = (uint)verdict.Parts.Mount,
            ExecScore = (uint)verdict.Parts.Exec,
            SecretsScore = (uint)verdict.Parts.Secrets,
            EscapeScore = (uint)verdict.Parts.Escape,
            Alert = verdict.IsAlert,
            Severity = Severities[(int)verdict.Severity],
            Profile = verdict.Profile,
        };
        if (verdict.IsDeployment)
        {
            scores.Techniques.Add("T1610");
        }

        if (verdict.IsSuspicious)
        {
            scores.Techniques.Add("T1059.013");
        }

        return scores;
    }

    private static V1.Indicator IndicatorOf(Indicator indicator, Redactions redactions)
    {
        Fact fact = redactions.Of(indicator.Fact);
        var message = new V1.Indicator
        {
            Id = indicator.Id,
            Value = SafeText.Shorten(fact.Value, EvidenceShown),
            Evidence = SafeText.Shorten(fact.Evidence ?? (fact.Arg >= 0 ? SafeText.Decode(redactions.Argv[fact.Arg]) : ""), EvidenceShown),
            Risk = (uint)indicator.Risk,
            Component = indicator.Component == Component.None ? "" : indicator.Component.ToString().ToLowerInvariant(),
            Weight = (uint)indicator.Weight,
        };
        if (fact.Arg >= 0)
        {
            message.Arg = (uint)fact.Arg;
        }

        return message;
    }

    private static V1.Process ProcessOf(ExecEvent exec, Redactions redactions)
    {
        var process = new V1.Process
        {
            Pid = exec.Pid,
            Ppid = exec.ParentPid,
            Uid = exec.Uid,
            Euid = exec.Euid,
            Gid = exec.Gid,
            Executable = redactions.OfPath(exec.Executable.ToString()),
            Filename = exec.FileName == exec.Executable ? "" : redactions.OfPath(exec.FileName.ToString()),
            Comm = redactions.OfPath(exec.Comm.ToString()),
            ParentComm = exec.ParentComm.ToString(),
            Tty = exec.Tty.ToString(),
            Cwd = redactions.OfPath(exec.Directory.ToString()),
            Cgroup = exec.Cgroup.ToString(),
            Container = ContainerId.In(exec.Cgroup.ToString()) ?? "",
            CgroupId = exec.CgroupId,
            PidNamespace = exec.PidNamespace,
            MountNamespace = exec.MountNamespace,
            UserNamespace = exec.UserNamespace,
            SeenAtStart = exec.SeenAtStart,
            IdentifiedBy = exec.IdentifiedBy.ToString().ToLowerInvariant(),
        };
        if (exec.LoginUid is uint loginUid)
        {
            process.Loginuid = loginUid;
        }

        if (exec.Session is uint session)
        {
            process.Session = session;
        }

        return process;
    }
}
