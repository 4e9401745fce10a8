using Tallyman.Grpc;
using Tallyman.V1;
using static Tallyman.Collector.Tests.Messages;

namespace Tallyman.Collector.Tests;

/// <summary>Sends batch after batch, and after every failure what is not acknowledged again.</summary>
internal sealed class SteadyAgent(string id, Func<Uri> collector)
{
    public const int BatchSize = 5;

    public ulong Acknowledged { get; private set; }

    public ulong Sent { get; private set; }

    public int Streams { get; private set; }

    public IEnumerable<string> Ids(ulong first, ulong last)
    {
        for (ulong sequence = first; sequence <= last; sequence++)
        {
            yield return $"{id}s{sequence}";
        }
    }

    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            using var channel = new GrpcChannel(collector(), TimeSpan.FromSeconds(20));
            using GrpcCall<AgentFrame, CollectorFrame> call = channel.Open(IngestMethods.Stream, new GrpcCallOptions(TimeProvider.System, stop));
            await call.WriteAsync(Hello(id, epoch: 5, first: Acknowledged + 1, next: Sent + 1));
            if ((await call.ReadAsync())?.Welcome is Welcome welcome)
            {
                Streams++;
                Acknowledged = welcome.ResumeSeq - 1;
                await SendAsync(call);
            }

            await Task.Delay(20, CancellationToken.None);
        }
    }

    private async Task SendAsync(GrpcCall<AgentFrame, CollectorFrame> call)
    {
        CollectorFrame? frame;
        do
        {
            ulong last = Math.Max(Sent, Acknowledged + BatchSize);
            Sent = last;
            await call.WriteAsync(Batch(Acknowledged + 1, [.. Ids(Acknowledged + 1, last).Select(static each => Alert(each))]));
            while ((frame = await call.ReadAsync())?.Slow is not null)
            {
            }

            Acknowledged = frame?.Ack?.UptoSeq ?? Acknowledged;
        }
        while (frame?.Ack is not null);
    }
}
