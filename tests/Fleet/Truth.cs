using System.Collections;
using System.Globalization;
using Tallyman.Collector.Store;

namespace Tallyman.Fleet;

/// <summary>What agents sent and what they were told, against what is stored.</summary>
internal static class Truth
{
    /// <summary>One line for each agent: its id, the last record it was told is stored, and the last it sent.</summary>
    public static void Write(string file, IEnumerable<SimulatedAgent> agents) => File.WriteAllLines(
        file, agents.Select(static agent => string.Create(CultureInfo.InvariantCulture, $"{agent.Alerts.AgentId} {agent.Acknowledged} {agent.Sent}")));

    /// <returns>What does not hold; empty if all does.</returns>
    public static async Task<IReadOnlyList<string>> CompareAsync(IReadOnlyList<SimulatedAgent> agents, IStoreReader store)
    {
        Dictionary<string, (SimulatedAgent Agent, BitArray Stored)> byId =
            agents.ToDictionary(static agent => agent.Alerts.AgentId, static agent => (agent, new BitArray((int)agent.Sent + 1)));
        var ids = new HashSet<string>();
        var wrong = new List<string>();
        await foreach (StoredAlert stored in store.ReadAlertsAsync(DateTimeOffset.UnixEpoch))
        {
            if (!ids.Add(stored.Alert.Id))
            {
                wrong.Add($"{stored.Alert.Id} is stored twice");
            }

            if (!byId.TryGetValue(stored.Alert.Host.Id, out (SimulatedAgent Agent, BitArray Stored) found))
            {
                continue; // of one that misbehaves
            }

            if (stored.Sequence < 1 || stored.Sequence > found.Agent.Sent || found.Agent.Alerts.IdOf(stored.Sequence) != stored.Alert.Id)
            {
                wrong.Add($"{found.Agent.Alerts.AgentId} has not sent {stored.Alert.Id} as record {stored.Sequence}");
                continue;
            }

            found.Stored[(int)stored.Sequence] = true;
        }

        foreach ((SimulatedAgent agent, BitArray stored) in byId.Values)
        {
            for (int i = 1; i <= (int)agent.Acknowledged; i++)
            {
                if (!stored[i])
                {
                    wrong.Add($"record {i} of {agent.Alerts.AgentId} is acknowledged and not stored");
                }
            }
        }

        return wrong;
    }
}
