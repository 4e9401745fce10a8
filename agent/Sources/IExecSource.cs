using Tallyman.Agent.Model;

namespace Tallyman.Agent.Sources;

/// <summary>A way to see the executions on this host. One of them at a time is in use: <see cref="SourceLadder"/>.</summary>
internal interface IExecSource : IDisposable
{
    /// <summary>As events have it: ebpf, auditd.</summary>
    string Name { get; }

    /// <summary>Begins to put executions into the queue.</summary>
    /// <exception cref="SourceUnavailableException">The kernel does not let it.</exception>
    void Start();

    /// <summary>Which execution a process is in that began before this source could have seen it.</summary>
    /// <returns>Null if there is no such process, or if the source sees that execution itself.</returns>
    ExecKey? RunningBefore(uint pid);

    /// <summary>Sees no more executions, and puts what was seen into the queue.</summary>
    void Stop();

    /// <summary>Whether it still sees anything. It may start a program to find out.</summary>
    bool IsAlive();

    /// <summary>Counters that are not the agent's own, by their names.</summary>
    IEnumerable<KeyValuePair<string, ulong>> ReadCounters();

    /// <summary>What it measures and does not count, which is of the source in use alone.</summary>
    IEnumerable<KeyValuePair<string, ulong>> ReadGauges() => [];
}
