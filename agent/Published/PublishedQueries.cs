using System.Collections.Immutable;
using Tallyman.Agent.Model;

namespace Tallyman.Agent.Published;

/// <summary>
/// The two published detections as they are, expressions on one text: what the profile "published" is held against, and what
/// "score" compares with. Nothing on the way from an execution to an alert uses them; they are made when first asked.
/// </summary>
public static class PublishedQueries
{
    /// <summary>Detect Deploy Container, in Splunk. <c>match()</c> regards case, except where (?i) says otherwise.</summary>
    public static PublishedQuery DeployContainer { get; } = new(
        "T1610",
        new("(?i)(docker|kubectl|podman|nerdctl|crictl|ctr)$"),
        new(@"(?i)\s+(run|create|apply|exec)\s"),
        [
            new("PRIVILEGED", 40, new PublishedExpression("--privileged")),
            new("HOST_NET", 20, new PublishedExpression("--net(work)?=host")),
            new("HOST_PID", 25, new PublishedExpression("--pid=host")),
            new("HOST_IPC", 15, new PublishedExpression("--ipc=host")),
            new("HOST_MOUNT", 40, new(@"-v\s+/[:/]"), new(@"--volume\s+/[:/]"), new(@"-v\s+/proc"), new(@"-v\s+/dev")),
            new("CAP_ADD", 20, new PublishedExpression("--cap-add=(SYS_ADMIN|ALL|NET_ADMIN)")),
            new("NO_SECCOMP", 10, new("seccomp=unconfined"), new("apparmor=unconfined")),
            new("ENV_SECRET", 15, new(@"-e\s+(AWS_|TOKEN|KUBECONFIG|SECRET)"), new(@"--env\s+(AWS_|TOKEN)")),
        ]);

    /// <summary>Detect Container CLI/API, in Sumo Logic.</summary>
    public static PublishedQuery ContainerCli { get; } = new(
        "T1059.013",
        new(@"^(docker|kubectl|crictl|ctr|podman|nerdctl)$|\/(docker|kubectl|crictl|ctr|podman|nerdctl)$"), // process.name, process.executable
        new(@"(?i)(docker exec|docker run|docker pull|docker build|docker cp|kubectl exec|kubectl run|kubectl apply|kubectl create|kubectl get secrets|kubectl get configmaps|kubectl port-forward|kubectl proxy|crictl exec|ctr run|--privileged|--cap-add=SYS_ADMIN|--net=host|--pid=host|-v \/:\/host|-v \/etc:\/|-v \/var\/run\/docker\.sock)"),
        [
            new("priv", 3, new PublishedExpression("(?i)(--privileged|--cap-add=SYS_ADMIN|--net=host|--pid=host)")),
            new("mount", 3, new PublishedExpression(@"(?i)(-v \/:\/host|-v \/etc:\/|-v \/var\/run\/docker\.sock)")),
            new("exec", 1, new PublishedExpression("(?i)(docker exec|kubectl exec|crictl exec)")),
            new("secrets", 2, new PublishedExpression("(?i)(get secrets|get configmaps)")),
            new("escape", 3, new PublishedExpression(@"(?i)(nsenter|chroot \/host)")),
        ]);

    /// <summary>The questions that T1610 does not list among its suspicious_flags, though it counts them.</summary>
    private static readonly ImmutableArray<string> Unlisted = ["HOST_IPC", "ENV_SECRET"];

    /// <param name="process">The path of the program, or its name.</param>
    public static PublishedVerdict Ask(string process, Argv argv)
    {
        var line = new JoinedLine(argv);
        PublishedAnswer deployment = DeployContainer.Ask(process, line);
        PublishedAnswer cli = ContainerCli.Ask(process, line);
        return new PublishedVerdict(deployment, cli)
        {
            SuspiciousFlags = [.. deployment.Findings.Select(static finding => finding.Question.Name).Where(static name => !Unlisted.Contains(name))],
            IsCut = line.IsCut,
        };
    }
}

/// <summary>What the two queries make of a line.</summary>
public sealed record PublishedVerdict(PublishedAnswer Deployment, PublishedAnswer Cli)
{
    public required ImmutableArray<string> SuspiciousFlags { get; init; }

    /// <summary>Whether the line is longer than what was searched.</summary>
    public required bool IsCut { get; init; }

    /// <summary>Their numbers; which are no reasons, as an expression does not know what it has found.</summary>
    public Verdict Scores => new(
        [],
        Deployment.Score,
        new ScoreParts(Cli.ScoreOf("priv"), Cli.ScoreOf("mount"), Cli.ScoreOf("exec"), Cli.ScoreOf("secrets"), Cli.ScoreOf("escape")),
        "published");
}
