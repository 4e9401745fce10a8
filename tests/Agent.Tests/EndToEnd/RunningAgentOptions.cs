namespace Tallyman.Agent.Tests.EndToEnd;

/// <summary>How a collector and an agent are started.</summary>
/// <param name="Data">The collector's store; the agent's state is a directory in it.</param>
internal sealed record RunningAgentOptions(string Data)
{
    public Uri Address { get; init; } = CollectorProcess.FreeAddress("http");

    /// <summary>Where the agent is to find the collector that is at this address.</summary>
    public Func<Uri, Uri> Way { get; init; } = static collector => collector;

    public string[] Arguments { get; init; } = [];

    /// <summary>Whether the agent is told of the collector; where it is not, a file tells it.</summary>
    public bool NamesCollector { get; init; } = true;

    public string[] CollectorArguments { get; init; } = [];

    public string Program { get; init; } = Programs.Agent;

    /// <summary>What stands before the program: nsenter and its like.</summary>
    public string[] Within { get; init; } = [];

    public string[] CollectorWithin { get; init; } = [];
}
