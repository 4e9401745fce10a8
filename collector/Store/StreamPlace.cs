namespace Tallyman.Collector.Store;

/// <summary>A stream of an agent, and which of its agent's streams it is: only the newest may write.</summary>
/// <param name="Generation">Counts the streams of the agent, across collectors.</param>
internal sealed record StreamPlace(string AgentId, ulong Epoch, long Generation);

/// <summary>An agent has come and wants to write.</summary>
internal readonly record struct Claim(string AgentId, ulong Epoch);

/// <param name="NextSequence">The sequence after the last one stored; 0 if nothing of this epoch is.</param>
internal readonly record struct Claimed(long Generation, ulong NextSequence);
