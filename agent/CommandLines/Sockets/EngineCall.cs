using System.Collections.Immutable;
using Tallyman.Agent.Model;

namespace Tallyman.Agent.CommandLines.Sockets;

/// <summary>A call of an engine's API, docker's or libpod's, in words of docker's command line.</summary>
/// <param name="Command">"container create"; empty if the call is not known.</param>
/// <param name="Request">Method and target as they are sent.</param>
internal sealed record EngineCall(string Command, string Request)
{
    public string? Image { get; private init; }

    /// <summary>What the call means by itself, whatever its body says.</summary>
    public ImmutableArray<Fact> Facts { get; private init; } = [];

    /// <param name="target">Path and query.</param>
    public static EngineCall Read(string method, string target)
    {
        string[] pathAndQuery = target.Split('?', 2);
        string[] parts = [.. Uri.UnescapeDataString(pathAndQuery[0]).Split('/').Where(static part => part is not ("" or "."))];
        var call = new EngineCall(CommandOf(method, WithoutVersion(parts)), $"{method} {target}");
        return call.Command switch
        {
            "container exec" => call with { Facts = [new Fact(FactKind.Exec) { Evidence = call.Request }] },
            "container attach" => call with { Facts = [new Fact(FactKind.Attach) { Evidence = call.Request }] },
            "image pull" => call with { Image = Value(pathAndQuery, "fromImage") ?? Value(pathAndQuery, "reference") },
            "image build" when Value(pathAndQuery, "networkmode") == "host" => call with { Facts = [new Fact(FactKind.HostNet) { Evidence = call.Request }] },
            _ => call,
        };
    }

    /// <summary>Without /v1.41 and /v4.0.0/libpod.</summary>
    private static ReadOnlySpan<string> WithoutVersion(ReadOnlySpan<string> parts)
    {
        parts = parts is [['v', >= '0' and <= '9', ..], ..] ? parts[1..] : parts;
        return parts is ["libpod", ..] ? parts[1..] : parts;
    }

    /// <summary>Paths of docker's API 1.24 to 1.52 and libpod's 4.0 to 5.8.</summary>
    private static string CommandOf(string method, ReadOnlySpan<string> path) => method switch
    {
        "POST" => path switch
        {
            ["containers", "create"] => "container create",
            ["containers", _, "exec"] or ["exec", _, "start"] => "container exec",
            ["containers", _, "attach"] => "container attach",
            ["containers", _, ("start" or "stop" or "restart" or "kill" or "update" or "rename" or "pause" or "unpause" or "wait") and var verb] => $"container {verb}",
            ["pods", "create"] => "pod create",
            ["play", "kube"] => "kube play",
            ["images", "create" or "pull"] => "image pull",
            ["images", "load"] => "image load",
            ["build"] => "image build",
            ["volumes", "create"] => "volume create",
            ["services", "create"] => "service create",
            _ => "",
        },
        "GET" or "HEAD" => path switch
        {
            ["containers", "json"] => "container ls",
            ["containers", _, "json"] => "container inspect",
            ["containers", _, "attach", "ws"] => "container attach",
            ["containers", _, "archive"] => "container cp",
            ["containers", _, ("logs" or "top" or "stats" or "export" or "changes") and var verb] => $"container {verb}",
            ["images", "json"] => "image ls",
            ["images", _, "json"] => "image inspect",
            _ => "",
        },
        "PUT" => path is ["containers", _, "archive"] ? "container cp" : "",
        "DELETE" => path is ["containers", _] ? "container rm" : "",
        _ => "",
    };

    private static string? Value(string[] pathAndQuery, string name)
    {
        foreach (string pair in pathAndQuery is [_, string query] ? query.Split('&') : [])
        {
            string[] parts = pair.Split('=', 2);
            if (parts is [string key, { Length: > 0 } value] && key == name)
            {
                return Uri.UnescapeDataString(value);
            }
        }

        return null;
    }
}
