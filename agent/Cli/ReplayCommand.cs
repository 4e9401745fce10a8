using System.CommandLine;
using Tallyman.Agent.Manifests;
using Tallyman.Agent.Redaction;
using Tallyman.Agent.Rules;
using Tallyman.Agent.Sources.Auditd;
using Tallyman.Agent.Status;
using Tallyman.Cli;
using Tallyman.Rendering;

namespace Tallyman.Agent.Cli;

/// <summary><c>replay</c>: judges the executions that audit logs tell of.</summary>
internal sealed class ReplayCommand : Command, ICommandWithExamples
{
    private readonly Argument<string[]> _files = new("files")
    {
        Description = "Logs of auditd, plain or .gz, or what ausearch --raw prints; - is standard input. Rotated files are read from the oldest on",
        HelpName = "FILE",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<bool> _json = new("--json") { Description = "Print alerts in JSON, one a line" };
    private readonly ProfileOption _profile = new();
    private readonly StateOption _state = new();

    private readonly Option<string?> _root = new("--root")
    {
        Description = "A copy of the host's file systems, in which programs and manifests are looked at; without it manifests are unread",
        HelpName = "DIR",
    };

    public ReplayCommand()
        : base("replay", "Judge the executions in audit logs")
    {
        Add(_json);
        Add(_profile);
        Add(_root);
        Add(_state);
        Add(_files);
        SetAction(RunAsync);
    }

    public IReadOnlyList<string> Examples =>
    [
        "tallyman replay /var/log/audit/audit.log*",
        "tallyman replay --root /mnt/image /mnt/image/var/log/audit/audit.log",
        "ausearch --raw -sc execve | tallyman replay --json - | jq .cmd",
    ];

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancel)
    {
        string? root = parsed.GetValue(_root);
        using CopiedPrograms? copy = root is null ? null
            : CopiedPrograms.Open(root) ?? throw new UserException(ExitCode.Usage, $"--root must be a directory, is '{SafeText.Escape(root)}'");
        string[] given = parsed.GetRequiredValue(_files);
        IReadOnlyList<string> files = given.Contains("") ? throw new UserException(ExitCode.Usage, "the name of a FILE must not be empty") : RotatedLogs.InOrder(given);
        var counters = new Counters();
        var detector = new Detector(
            RuleSet.Shipped(parsed.GetRequiredValue(_profile)),
            (invocation, exec) => ValueTask.FromResult(ManifestReader.ReadBelow(root, invocation, exec, counters)),
            new Redactor(RedactionKey.TryLoad(parsed.GetRequiredValue(_state)) ?? SecretHash.OfThisProcess()),
            counters);
        await using var output = new StreamWriter(StandardStreams.OpenOutput());
        var run = new ReplayRun(new AuditReplay(copy, counters), detector, counters, output, parsed.GetValue(_json), ReplayProgress.Of(files));
        return await run.RunAsync(files, cancel);
    }
}
