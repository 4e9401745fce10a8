using Tallyman.Agent.Alerts;
using Tallyman.Agent.CommandLines;
using Tallyman.Agent.Model;
using Tallyman.Agent.Redaction;
using Tallyman.Agent.Rules;
using Tallyman.Agent.Status;
using Tallyman.Agent.Suppression;

namespace Tallyman.Agent;

/// <summary>Adds what the manifests ask for that a command line names.</summary>
internal delegate ValueTask<Invocation> ReadManifests(Invocation invocation, ExecEvent exec);

/// <summary>One execution in, its alert out, with nothing secret in it.</summary>
internal sealed class Detector(RuleSet rules, ReadManifests readManifests, Redactor redactor, Counters counters, ExceptionSet? exceptions = null)
{
    /// <summary>Alerts that the site expects.</summary>
    public ExceptionSet Exceptions { get; } = exceptions ?? ExceptionSet.None;

    /// <param name="host">Where the execution was.</param>
    /// <returns>Null if there is no reason for an alert.</returns>
    public async ValueTask<(Alert Alert, V1.Alert Message)?> DetectAsync(ExecEvent exec, HostIdentity host)
    {
        Invocation invocation = CommandLineReader.Read(exec);
        invocation = rules.ReadsManifests ? await readManifests(invocation, exec) : invocation;
        Verdict verdict = rules.Judge(invocation);
        if (!verdict.IsAlert)
        {
            return null;
        }

        var alert = new Alert(AlertId.Of(host, exec), exec, invocation, verdict);
        Redactions redactions = redactor.Redact(exec);
        counters.Add(redactions.IsClosed ? Counter.RedactionFailed : Counter.RedactedValues, redactions.IsClosed ? 1 : (ulong)redactions.Places.Length);
        return (alert, AlertMessage.Of(alert, host, redactions));
    }
}
