using System.Collections.Immutable;
using Tallyman.Agent.Actors;
using Tallyman.Agent.Model;
using Tallyman.Agent.Sources;
using Xunit;

namespace Tallyman.Agent.Tests.Actors;

public sealed class AncestryReaderTests : IDisposable
{
    private readonly FakeHost _host = new();

    // Process 4242, child of 4200, a second after boot.
    private readonly ExecEvent _exec = Some.Exec("docker", "ps");

    public void Dispose() => _host.Dispose();

    [Fact]
    public void Ancestors_are_told_up_to_the_first_process()
    {
        _host.Process(4200, 900, 90, "/usr/bin/bash", uid: 1000);
        _host.Process(900, 1, 80, "/usr/sbin/sshd");
        _host.Process(1, 0, 0, "/usr/lib/systemd/systemd");

        ImmutableArray<Ancestor> ancestry = Read(out string? missing);
        Assert.Null(missing);
        Assert.Equal(
            [(4200u, "/usr/bin/bash", "bash", 1000u), (900u, "/usr/sbin/sshd", "sshd", 0u), (1u, "/usr/lib/systemd/systemd", "systemd", 0u)],
            ancestry.Select(static each => (each.Pid, each.Executable.ToString(), each.Comm.ToString(), each.Uid!.Value)));
        Assert.Equal([900_000_000ul, 800_000_000ul, 0ul], ancestry.Select(static each => each.StartBoottime));
        Assert.All(ancestry, static each => Assert.InRange(each.Start, DateTimeOffset.UnixEpoch, TimeProvider.System.GetUtcNow()));
    }

    [Fact]
    public void One_that_has_ended_ends_them_and_is_named()
    {
        _host.Process(4200, 900, 90, "/usr/bin/bash");
        Assert.Equal([4200u], Read(out string? missing).Select(static each => each.Pid));
        Assert.Equal("process 900 has ended, or is hidden", missing);
    }

    [Theory]
    [InlineData(100, 1)]
    [InlineData(101, 0)]
    public void One_that_began_after_its_child_has_the_number_of_another(ulong start, int ancestors)
    {
        _host.Process(4200, 0, start, "/usr/bin/bash");
        Assert.Equal(ancestors, Read(out string? missing).Length);
        Assert.Equal(ancestors == 0, missing is not null);
    }

    [Fact]
    public void Of_an_execution_whose_start_is_not_known_the_time_counts()
    {
        ExecEvent exec = _exec with { Key = _exec.Key with { StartBoottime = 0 }, Time = new BootClock(TimeProvider.System).At(2_000_000_000) };
        _host.Process(4200, 0, 199, "/usr/bin/bash");
        Assert.Single(Read(exec, out _));
        _host.Process(4200, 0, 300, "/usr/bin/bash");
        Assert.Empty(Read(exec, out _));
    }

    [Fact]
    public void They_are_no_more_than_sixteen_even_where_they_go_in_a_circle()
    {
        _host.Process(4200, 900, 90, "/usr/bin/bash");
        _host.Process(900, 4200, 90, "/usr/bin/bash");
        Assert.Equal(16, Read(out string? missing).Length);
        Assert.Equal("there are more than 16 ancestors", missing);
    }

    [Fact]
    public void What_a_name_contains_does_not_mislead()
    {
        _host.Process(4200, 0, 90, "a) S 1 1 1 (b", uid: 7);
        Ancestor only = Assert.Single(Read(out _));
        Assert.Equal(("a) S 1 1 1 (b", true), (only.Comm.ToString(), only.Executable.IsEmpty));
    }

    [Fact]
    public void Where_the_agent_has_other_numbers_than_the_kernel_nobody_is_looked_for()
    {
        _host.Process(4200, 0, 90, "/usr/bin/bash");
        _host.Process(2, 1, 80, "kthreadd"); // nobody is kept from taking that name
        Assert.Empty(Read(out string? missing));
        Assert.Equal("the agent does not see the host's processes: host.proc is where they are", missing);
    }

    private ImmutableArray<Ancestor> Read(out string? missing) => Read(_exec, out missing);

    private ImmutableArray<Ancestor> Read(ExecEvent exec, out string? missing) => new AncestryReader(_host.Proc, TimeProvider.System).Of(exec, out missing);
}
