namespace Tallyman.Agent.Sources;

/// <summary>A way to see the executions on this host. One of them at a time is in use: <see cref="SourceLadder"/>.</summary>
internal interface IExecSource : IDisposable
{
    /// <summary>As events have it: ebpf, auditd.</summary>
    string Name { get; }

    /// <summary>Begins to put executions into the queue.</summary>
    /// <exception cref="SourceUnavailableException">The kernel does not let it.</exception>
    void Start();

    /// <summary>Sees no more executions, and puts what was seen into the queue.</summary>
    void Stop();

    /// <summary>Whether it still sees anything. It may start a program to find out.</summary>
    bool IsAlive();

    /// <summary>Counters that are not the agent's own, by their names.</summary>
    IEnumerable<KeyValuePair<string, ulong>> ReadCounters();
}
