using System.CommandLine;
using Tallyman.Agent.Sources;
using Tallyman.Cli;

namespace Tallyman.Agent.Cli;

/// <summary><c>run</c>: watches until it is told to stop.</summary>
internal sealed class RunCommand : Command, ICommandWithExamples
{
    private readonly Option<string> _print = new("--print")
    {
        Description = "What goes to standard output: text for people, json with one alert a line, none",
        DefaultValueFactory = static _ => "none",
    };

    private readonly Option<string> _source = new("--source")
    {
        Description = "How executions are seen: ebpf; auditd, from its log; auto for eBPF where that can be had and auditd elsewhere",
        DefaultValueFactory = static _ => "auto",
    };

    private readonly Option<string> _auditLog = new("--audit-log")
    {
        Description = "Where auditd writes its log",
        HelpName = "FILE",
        DefaultValueFactory = static _ => "/var/log/audit/audit.log",
    };

    private readonly Option<string> _log = new("--log")
    {
        Description = "How messages look on standard error: text for people, or as the journal wants it where that is there; json with one message a line",
        DefaultValueFactory = static _ => "text",
    };

    private readonly CollectorFlags _collectors = new();
    private readonly ProfileOption _profile = new();
    private readonly StateOption _state = new();
    private readonly SpoolSizeOption _spoolSize = new();
    private readonly LocalFlags _local = new();

    public RunCommand()
        : base("run", "Watch the executions on this host and alert")
    {
        _print.AcceptOnlyFromAmong("text", "json", "none");
        _auditLog.Validators.Add(CommandLineProgram.NameMustNotBeEmpty);
        _log.AcceptOnlyFromAmong("text", "json");
        _source.AcceptOnlyFromAmong("auto", "ebpf", "auditd");
        _collectors.AddTo(this);
        Add(_source);
        Add(_auditLog);
        Add(_print);
        Add(_log);
        Add(_profile);
        Add(_state);
        Add(_spoolSize);
        _local.AddTo(this);
        SetAction((parsed, _) => AgentHost.RunAsync(new AgentOptions(
            _collectors.Of(parsed),
            parsed.GetRequiredValue(_profile),
            parsed.GetRequiredValue(_state),
            parsed.GetRequiredValue(_spoolSize),
            Enum.Parse<PrintFormat>(parsed.GetRequiredValue(_print), ignoreCase: true),
            Enum.Parse<SourceChoice>(parsed.GetRequiredValue(_source), ignoreCase: true),
            parsed.GetRequiredValue(_auditLog),
            _local.Of(parsed, parsed.GetRequiredValue(_state)),
            parsed.GetRequiredValue(_log) == "json" ? LogFormat.Json : LogFormats.OfStandardError())));
    }

    public IReadOnlyList<string> Examples =>
    [
        "tallyman run --print text",
        "tallyman run --collector http://127.0.0.1:7610",
        "tallyman run --collector https://a.example:7610 --collector https://b.example:7610 --tls-cert agent.pem --tls-key agent.key --tls-ca ca.pem --spool-size 1GiB",
        "tallyman run --listen 127.0.0.1:9760",
        "tallyman run --print json | jq 'select(.severity == \"CRITICAL\")'",
    ];
}
