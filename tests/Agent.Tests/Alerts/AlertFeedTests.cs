using Google.Protobuf;
using Tallyman.Agent.Alerts;
using Xunit;

namespace Tallyman.Agent.Tests.Alerts;

public class AlertFeedTests
{
    [Fact]
    public async Task Who_listens_gets_what_came_last_and_then_each_one_once()
    {
        var feed = new AlertFeed();
        for (ulong i = 1; i <= 150; i++)
        {
            feed.Add(Alert(10), i);
        }

        (AlertListener listener, ReportedAlert[] recent) = feed.TryListen(1_000_000)!.Value;
        feed.Add(Alert(10), 151);
        listener.Complete();

        Assert.Equal(Enumerable.Range(51, 100), recent.Select(static each => (int)each.Sequence));
        Assert.Equal("151", await SequencesOf(listener));
        Assert.Equal(0ul, listener.TakeMissed());
    }

    [Fact]
    public async Task Who_is_too_slow_misses_some_and_learns_how_many_and_others_do_not()
    {
        var feed = new AlertFeed();
        AlertListener slow = feed.TryListen(25_000)!.Value.Listener;
        AlertListener patient = feed.TryListen(1_000_000)!.Value.Listener;
        for (ulong i = 1; i <= 5; i++)
        {
            feed.Add(Alert(10_000), i);
        }

        slow.Complete();
        patient.Complete();
        Assert.Equal("1, 2", await SequencesOf(slow));
        Assert.Equal((3ul, 0ul), (slow.TakeMissed(), slow.TakeMissed()));
        Assert.Equal("1, 2, 3, 4, 5", await SequencesOf(patient));
    }

    [Fact]
    public void What_came_last_takes_no_more_memory_than_it_may()
    {
        var feed = new AlertFeed();
        for (ulong i = 1; i <= 20; i++)
        {
            feed.Add(Alert(200_000), i);
        }

        Assert.Equal([16, 17, 18, 19, 20], feed.TryListen(1)!.Value.Recent.Select(static each => (int)each.Sequence));
        feed.Add(Alert(5_000_000), 21);
        Assert.Equal([21], feed.TryListen(1)!.Value.Recent.Select(static each => (int)each.Sequence));
    }

    [Fact]
    public void There_is_room_for_some_and_again_when_one_has_gone()
    {
        var feed = new AlertFeed();
        AlertListener[] listeners = [.. Enumerable.Range(0, AlertFeed.MostListeners).Select(_ => feed.TryListen(1)!.Value.Listener)];
        Assert.Null(feed.TryListen(1));
        listeners[3].Dispose();
        Assert.NotNull(feed.TryListen(1));
        Assert.Null(feed.TryListen(1));
    }

    private static V1.Alert Alert(int bytes)
    {
        var alert = new V1.Alert { CommandLine = new V1.CommandLine() };
        alert.CommandLine.Argv.Add(ByteString.CopyFrom(new byte[bytes]));
        return alert;
    }

    private static async Task<string> SequencesOf(AlertListener listener)
    {
        var sequences = new List<ulong>();
        await foreach (ReportedAlert reported in listener.ReadAllAsync())
        {
            sequences.Add(reported.Sequence);
        }

        return string.Join(", ", sequences);
    }
}
