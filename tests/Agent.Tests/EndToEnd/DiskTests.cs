using Xunit;

namespace Tallyman.Agent.Tests.EndToEnd;

/// <summary>A disk that does not keep its word under a running agent: flushes fail, or never end.</summary>
[Trait("Category", Faults.Category)]
public sealed class DiskTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private RunningAgent? _running;

    public void Dispose()
    {
        _running?.Dispose();
        _directory.Dispose();
    }

    [KernelFact]
    public void Flushes_that_fail_or_never_end_lose_nothing_hold_up_no_detection_and_are_told()
    {
        string docker = _directory.File("docker");
        File.Copy("/bin/true", docker);
        string order = _directory.File("order");
        _running = RunningAgent.Start(new RunningAgentOptions(_directory.File("data"))
        {
            Within = ["env", $"LD_PRELOAD={Programs.Disk}", $"TALLYMAN_DISK={order}"],
        });
        int rounds = Faults.Rounds(1, 10);
        for (int round = 0; round < rounds; round++)
        {
            Execute($"sound-{round}");
            File.WriteAllText(order, "fail");
            Execute($"failing-{round}");
            _running.UntilItSays("Records cannot be written", round * 2 + 1);
            File.Delete(order);
            _running.UntilItSays("Records are written to", round * 2 + 1);
            File.WriteAllText(order, "hang");
            Execute($"hanging-{round}");
            _running.UntilItSays("the disk has not answered for", round + 1);
            File.Delete(order);
            _running.UntilItSays("Records are written to", round * 2 + 2);
        }

        _running.Deliver();
        Assert.Equal(0, _running.Stop());
        _running.AssertEverythingIsAccountedFor();
        string[] expected = [.. Enumerable.Range(0, rounds).SelectMany(static round => (string[])[$"sound-{round}", $"failing-{round}", $"hanging-{round}"])];
        Assert.Equal(expected, _running.Stored().Select(static alert => RunningAgent.WordsOf(alert)[^1]).Where(expected.Contains));
        Assert.Equal(0, Programs.Run(Programs.Agent, "spool", "verify", "--state", _running.State).ExitCode);
        Faults.Report("disk: flushes fail, then never end (LD_PRELOAD)", rounds * 2, expected.Length, "", "told, detection goes on, records wait in memory");

        void Execute(string word)
        {
            Programs.Run(docker, "run", "--privileged", word);
            _running!.AlertWith(word);
        }
    }
}
