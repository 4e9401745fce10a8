namespace Tallyman.Agent.Model;

/// <summary>An execution that the detections alert on, with everything that explains it.</summary>
/// <param name="Id">The same whoever reports the execution and however often.</param>
public sealed record Alert(string Id, ExecEvent Exec, Invocation Invocation, Verdict Verdict)
{
    public Actor Actor { get; init; } = Actor.Unknown;
}
