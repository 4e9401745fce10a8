using System.CommandLine;
using Tallyman.Agent.Sources;
using Tallyman.Cli;

namespace Tallyman.Agent.Cli;

/// <summary><c>run</c>: watches until it is told to stop.</summary>
internal sealed class RunCommand : Command, ICommandWithExamples
{
    private readonly Option<string[]> _collector = new("--collector")
    {
        Description = "Where alerts are delivered; may be given several times, for when one is away. Without it they stay on this host",
        HelpName = "URL",
        Arity = ArgumentArity.OneOrMore,
    };

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

    private readonly ProfileOption _profile = new();
    private readonly StateOption _state = new();
    private readonly SpoolSizeOption _spoolSize = new();

    public RunCommand()
        : base("run", "Watch the executions on this host and alert")
    {
        _print.AcceptOnlyFromAmong("text", "json", "none");
        _source.AcceptOnlyFromAmong("auto", "ebpf", "auditd");
        Add(_source);
        Add(_auditLog);
        Add(_collector);
        Add(_print);
        Add(_profile);
        Add(_state);
        Add(_spoolSize);
        SetAction((parsed, _) => AgentHost.RunAsync(new AgentOptions(
            [.. (parsed.GetValue(_collector) ?? []).Select(CollectorOf)],
            parsed.GetRequiredValue(_profile),
            parsed.GetRequiredValue(_state),
            parsed.GetRequiredValue(_spoolSize),
            Enum.Parse<PrintFormat>(parsed.GetRequiredValue(_print), ignoreCase: true),
            Enum.Parse<SourceChoice>(parsed.GetRequiredValue(_source), ignoreCase: true),
            parsed.GetRequiredValue(_auditLog))));
    }

    public IReadOnlyList<string> Examples =>
    [
        "tallyman run --print text",
        "tallyman run --collector http://127.0.0.1:7610",
        "tallyman run --collector http://127.0.0.1:7610 --collector http://127.0.0.1:7611 --spool-size 1GiB",
        "tallyman run --print json | jq 'select(.severity == \"CRITICAL\")'",
    ];

    private static Uri CollectorOf(string url)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out Uri? uri) || uri.Scheme != Uri.UriSchemeHttp || uri.PathAndQuery != "/" || uri.UserInfo.Length > 0)
        {
            throw new UserException(ExitCode.Usage, $"--collector must be like http://127.0.0.1:7610, is '{url}'");
        }

        return uri.IsLoopback
            ? uri
            : throw new UserException(ExitCode.Usage, $"--collector {url} is beyond loopback and in clear text: anybody on the way could read and forge alerts");
    }
}
