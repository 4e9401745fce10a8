namespace Tallyman.Fleet;

/// <summary>What is played.</summary>
/// <param name="Bad">The share of agents that misbehave.</param>
/// <param name="Active">How many agents send batch after batch while alerts are counted; the others have nothing to tell.</param>
/// <param name="Idle">How long they have nothing to tell at first.</param>
/// <param name="Batch">Alerts in a batch.</param>
internal sealed record FleetOptions(int Seed, int Agents, double Bad, int Active, int Batch, TimeSpan Idle, TimeSpan Load);
