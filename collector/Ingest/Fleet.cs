using System.Collections.Concurrent;

namespace Tallyman.Collector.Ingest;

/// <summary>The agents of this collector: those with a stream, and those without that may come back any moment.</summary>
internal sealed class Fleet
{
    private static readonly TimeSpan AtOnce = TimeSpan.FromSeconds(1);

    /// <summary>All agents of a collector that stops come back elsewhere, spread over this time.</summary>
    private static readonly TimeSpan Spread = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<string, AgentStream> _streams = [];
    private volatile bool _isClosed;

    public ICollection<AgentStream> Streams => _streams.Values;

    /// <summary>The newest stream of an agent takes the place of the older one, which is sent away.</summary>
    public void Enter(AgentStream stream)
    {
        AgentStream newest = _streams.AddOrUpdate(
            stream.Place.AgentId,
            stream,
            (_, other) => other.Place.Generation > stream.Place.Generation ? other : Replace(other, stream));
        if (newest != stream)
        {
            Supersede(stream);
        }

        if (_isClosed)
        {
            stream.SendAway("the collector stops", Spread);
        }
    }

    /// <summary>Forgets a stream that is over, unless the agent has come back.</summary>
    public void Forget(AgentStream stream) => _streams.TryRemove(KeyValuePair.Create(stream.Place.AgentId, stream));

    public static void Supersede(AgentStream stream) => stream.SendAway("another stream of this agent is newer", AtOnce, isSuperseded: true);

    public static void Move(AgentStream stream) => stream.SendAway("the stream is old: agents spread anew over the collectors", AtOnce);

    public void Close()
    {
        _isClosed = true;
        foreach (AgentStream stream in Streams)
        {
            stream.SendAway("the collector stops", Spread);
        }
    }

    private static AgentStream Replace(AgentStream older, AgentStream newer)
    {
        Supersede(older);
        return newer;
    }
}
