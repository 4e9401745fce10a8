using System.Collections.Immutable;
using System.Globalization;
using Tallyman.Agent.Model;
using Tallyman.Agent.Sources;

namespace Tallyman.Agent.Actors;

/// <summary>
/// The processes above an execution, up to the first one. Numbers are given anew: an ancestor is one only if it began before
/// its child, and if what was read of it was read of one process.
/// </summary>
internal sealed class AncestryReader(ProcFs proc, TimeProvider time)
{
    public const int MostAncestors = 16;

    /// <summary>/proc's times are of a hundredth of a second, and those of an audit log a tick of the kernel early.</summary>
    private const ulong Coarseness = 30_000_000;

    private readonly BootClock _clock = new(time);
    private readonly Lazy<bool> _hasHostNumbers = new(proc.HasHostNumbers);

    /// <returns>The ancestors, nearest first.</returns>
    /// <param name="missing">Gets the reason why these are not all.</param>
    public ImmutableArray<Ancestor> Of(ExecEvent exec, out string? missing)
    {
        if (!_hasHostNumbers.Value)
        {
            missing = "the agent does not see the host's processes: host.proc is where they are";
            return [];
        }

        ImmutableArray<Ancestor>.Builder ancestry = ImmutableArray.CreateBuilder<Ancestor>();
        uint pid = exec.ParentPid;
        ulong childStart = exec.Key.StartBoottime != 0 ? exec.Key.StartBoottime : _clock.NanosecondsAt(exec.Time) + Coarseness;
        while (pid != 0 && ancestry.Count < MostAncestors && TryRead(pid, childStart) is (Ancestor ancestor, uint parent))
        {
            ancestry.Add(ancestor);
            (pid, childStart) = (parent, ancestor.StartBoottime);
        }

        missing = pid == 0 ? null
            : ancestry.Count == MostAncestors ? string.Create(CultureInfo.InvariantCulture, $"there are more than {MostAncestors} ancestors")
            : string.Create(CultureInfo.InvariantCulture, $"process {pid} has ended, or is hidden");
        return ancestry.ToImmutable();
    }

    private (Ancestor Ancestor, uint Parent)? TryRead(uint pid, ulong childStart)
    {
        if (proc.StatOf(pid) is not ProcStat stat || stat.Start > childStart)
        {
            return null;
        }

        string executable = proc.ReadLink(pid, "exe") ?? "";
        var ancestor = new Ancestor(pid, stat.Start, stat.Comm, HostText.Of(executable), proc.UidOf(pid)) { Start = _clock.At(stat.Start) };
        return proc.StartOf(pid) == stat.Start ? (ancestor, stat.Parent) : null;
    }
}
