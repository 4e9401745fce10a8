using System.CommandLine;
using System.Text.Json;
using Tallyman.Cli;
using Tallyman.Rendering;

namespace Tallyman.Agent.Cli;

/// <summary><c>status</c>: asks the agent that runs on this host how it is.</summary>
internal sealed class StatusCommand : Command, ICommandWithExamples
{
    private readonly Option<bool> _json = new("--json") { Description = "Answer in JSON, with all counters" };

    private readonly Option<string?> _probe = new("--probe")
    {
        Description = "Ask one question only: live, ready or startup; ends with 0 for yes and with 1 for no",
        HelpName = "QUESTION",
    };

    private readonly AgentOption _state = new();

    public StatusCommand()
        : base("status", "Ask the agent how it is; ends with 0 if all is well, with 1 if something is wrong, with 2 if it does not work")
    {
        _probe.AcceptOnlyFromAmong("live", "ready", "startup");
        Add(_json);
        Add(_probe);
        Add(_state);
        SetAction(RunAsync);
    }

    public IReadOnlyList<string> Examples =>
    [
        "tallyman status",
        "tallyman status --json | jq .lost",
        "tallyman status --probe live",
    ];

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancel)
    {
        var agent = new LocalAgent(_state.SocketIn(parsed), ExitCode.Dead);
        if (parsed.GetValue(_probe) is string probe)
        {
            (int status, string sentence) = await agent.AskAsync($"/{probe}z", cancel);
            Console.WriteLine(SafeText.Escape(sentence.TrimEnd()));
            return status == 200 ? ExitCode.Fine : ExitCode.Degraded;
        }

        (_, string body) = await agent.AskAsync("/status", cancel);
        try
        {
            using JsonDocument page = JsonDocument.Parse(body);
            Console.WriteLine(parsed.GetValue(_json) ? body : StatusText.Of(page.RootElement));
            return page.RootElement.GetProperty("state").GetString() switch
            {
                "healthy" => ExitCode.Fine,
                "degraded" => ExitCode.Degraded,
                _ => ExitCode.Dead,
            };
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new UserException(ExitCode.Dead, $"what answers at {agent.Socket} is no agent of this version");
        }
    }
}
