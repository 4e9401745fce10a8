using Tallyman.Agent.Native;
using Tallyman.Agent.Sources.Ebpf;
using Xunit;

namespace Tallyman.Agent.Tests.Sources.Ebpf;

public class RingPositionsTests
{
    [KernelFact]
    public void What_nobody_has_read_is_seen_in_its_ring_until_somebody_does()
    {
        using var directory = new TemporaryDirectory();
        string docker = directory.File("docker");
        File.Copy("/bin/true", docker);
        using KernelProbe probe = KernelProbe.Load();
        Assert.Equal(["watched 0", "unknown 0"], Unread(probe));

        probe.Attach();
        Programs.Run(docker, "ps");
        probe.Detach();
        ulong waiting = probe.Rings().First().Unread;
        Assert.All(probe.Rings(), ring => Assert.InRange(ring.Unread, 0ul, ring.Size));

        ulong read = 0;
        using RingBuffers rings = probe.OpenRings(record => read += (ulong)record.Length);
        rings.Consume();
        Assert.InRange(waiting, 100ul, read * 2);
        Assert.Equal(["watched 0", "unknown 0"], Unread(probe));
    }

    [Fact]
    public void What_is_no_ring_is_refused() => Assert.Throws<BpfException>(static () => new RingPositions(-1));

    private static IEnumerable<string> Unread(KernelProbe probe) => probe.Rings().Select(static ring => $"{ring.Name} {ring.Unread}");
}
