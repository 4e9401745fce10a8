using System.CommandLine;
using Tallyman.Agent.Configuration;
using Tallyman.Cli;

namespace Tallyman.Agent.Cli;

/// <summary><c>run</c>: watches until it is told to stop.</summary>
internal sealed class RunCommand : Command, ICommandWithExamples
{
    private readonly SettingFlags _settings = new(Settings.All);

    public RunCommand()
        : base("run", "Watch the executions on this host and alert")
    {
        _settings.AddTo(this);
        SetAction((parsed, _) => AgentHost.RunAsync(_settings.ReaderOf(parsed)));
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
