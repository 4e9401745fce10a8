using System.CommandLine;
using System.Text.Json;
using Tallyman.Agent.Local;
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

    private readonly Option<string?> _state = new("--state")
    {
        Description = "The state directory of the agent to ask, where that is not the one of systemd or of /var/lib/tallyman",
        HelpName = "DIR",
    };

    public StatusCommand()
        : base("status", "Ask the agent how it is; ends with 0 if all is well, with 1 if something is wrong, with 2 if it does not work")
    {
        _probe.AcceptOnlyFromAmong("live", "ready", "startup");
        _state.Validators.Add(CommandLineProgram.NameMustNotBeEmpty);
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
        string socket = LocalPaths.OfClient(parsed.GetValue(_state), StateOption.Default);
        if (parsed.GetValue(_probe) is string probe)
        {
            (int status, string sentence) = await AskAsync(socket, $"/{probe}z", cancel);
            Console.WriteLine(SafeText.Escape(sentence.TrimEnd()));
            return status == 200 ? ExitCode.Fine : ExitCode.Degraded;
        }

        (_, string body) = await AskAsync(socket, "/status", cancel);
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
            throw new UserException(ExitCode.Dead, $"what answers at {socket} is no agent of this version");
        }
    }

    /// <exception cref="UserException">There is no answer.</exception>
    private static async Task<(int Status, string Body)> AskAsync(string socket, string path, CancellationToken cancel)
    {
        try
        {
            (int status, string body) = await LocalClient.GetAsync(socket, path, cancel);
            return status is 200 or 503 ? (status, body) : throw new UserException(ExitCode.Dead, $"the agent does not answer: {SafeText.Escape(body.TrimEnd())}");
        }
        catch (Exception e) when (e is HttpRequestException or FormatException)
        {
            string reason = File.Exists(socket) ? SafeText.Escape((e.InnerException ?? e).Message) : "there is no such socket that this user can see";
            throw new UserException(
                ExitCode.Dead, $"no agent answers at {socket}: {reason}: start it (systemctl start tallyman, or tallyman run), name its --state, or try sudo");
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new UserException(ExitCode.Dead, $"the agent does not answer at {socket} in {LocalServer.Patience.TotalSeconds} s: restart it");
        }
    }
}
