using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using Google.Protobuf;
using Tallyman.Grpc;
using Tallyman.V1;

namespace Tallyman.Fleet;

/// <summary>One that does what no agent does, over and over, in one of eight ways.</summary>
internal sealed class BadAgent(int number, Uri collector, IPAddress source, Random random, TimeProvider time)
{
    private static readonly byte[] Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray();

    private readonly SimulatedAlerts _alerts = new(-1, number, time.GetUtcNow(), "bad");

    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await ((number % 8) switch
                {
                    0 => NeverReadAsync(stop),
                    1 => ResetAsync(stop),
                    2 => SendBytesAsync([], stop),
                    3 => SendBytesAsync(Preface, stop),
                    4 => SendFrameAsync(new Batch { FirstSeq = 1, Records = { Huge() } }, stop),
                    5 => SendFrameAsync(new Batch { FirstSeq = 6, Records = { _alerts.Make(6) } }, stop),
                    6 => SendRawAsync([0, 0, 0, 1, 0, .. Garbage(256)], stop),
                    _ => TrickleAsync(stop),
                });
            }
            catch (Exception e) when (e is IOException or SocketException or HttpRequestException or OperationCanceledException)
            {
                // that is what it is after
            }

            await Task.Delay(TimeSpan.FromSeconds(2 * random.NextDouble()), time, stop).ContinueWith(static _ => { }, TaskScheduler.Default);
        }
    }

    /// <summary>Takes no acknowledgement, and sends on.</summary>
    private async Task NeverReadAsync(CancellationToken stop)
    {
        using GrpcChannel channel = Channel();
        using GrpcCall<AgentFrame, CollectorFrame> call = await GreetAsync(channel, stop);
        ulong next = 1;
        while (await call.WriteAsync(new AgentFrame { Batch = new Batch { FirstSeq = next, Records = { _alerts.Make(next) } } }))
        {
            next++;
            await Task.Delay(TimeSpan.FromMilliseconds(100), time, stop);
        }
    }

    /// <summary>Is gone in the middle of something.</summary>
    private async Task ResetAsync(CancellationToken stop)
    {
        using GrpcChannel channel = Channel();
        using GrpcCall<AgentFrame, CollectorFrame> call = await GreetAsync(channel, stop);
        await call.WriteAsync(new AgentFrame { Batch = new Batch { FirstSeq = 1, Records = { _alerts.Make(1) } } });
    }

    private async Task SendFrameAsync(Batch batch, CancellationToken stop)
    {
        using GrpcChannel channel = Channel();
        using GrpcCall<AgentFrame, CollectorFrame> call = await GreetAsync(channel, stop);
        await call.WriteAsync(new AgentFrame { Batch = batch });
        while (await call.ReadAsync() is not null)
        {
        }
    }

    private async Task SendBytesAsync(byte[] first, CancellationToken stop)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(source, 0));
        await socket.ConnectAsync(IPEndPoint.Parse(collector.Authority), stop);
        await socket.SendAsync(first, stop);
        await socket.SendAsync(Garbage(4096), stop);
        await socket.ReceiveAsync(new byte[4096], stop);
    }

    /// <summary>Announces a long message after its greeting, and takes its time.</summary>
    private Task TrickleAsync(CancellationToken stop) => SendRawAsync([0, 0, 0x3f, 0xff, 0xff, .. Garbage(200)], stop);

    private async Task SendRawAsync(byte[] bytes, CancellationToken stop)
    {
        byte[] hello = Hello().ToByteArray();
        using var http = new HttpClient { Timeout = TimeSpan.FromMinutes(1) };
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(collector, IngestMethods.Stream.Path))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new RawContent([0, 0, 0, 0, (byte)hello.Length, .. hello], bytes, time),
        };
        using HttpResponseMessage response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stop);
        await response.Content.CopyToAsync(Stream.Null, stop);
    }

    private GrpcChannel Channel() => new(collector, TimeSpan.FromSeconds(20), source: source);

    private AgentFrame Hello() => new() { Hello = new Hello { AgentId = _alerts.AgentId, Epoch = (ulong)random.NextInt64(), FirstSeq = 1, NextSeq = 1 } };

    private async Task<GrpcCall<AgentFrame, CollectorFrame>> GreetAsync(GrpcChannel channel, CancellationToken stop)
    {
        GrpcCall<AgentFrame, CollectorFrame> call = channel.Open(IngestMethods.Stream, new GrpcCallOptions(time, stop));
        await call.WriteAsync(Hello());
        await call.ReadAsync();
        return call;
    }

    private Record Huge()
    {
        Record record = _alerts.Make(1);
        record.Alert.CommandLine.Argv.Add(ByteString.CopyFrom(new byte[5 * 1024 * 1024]));
        return record;
    }

    private byte[] Garbage(int length)
    {
        byte[] bytes = new byte[length];
        random.NextBytes(bytes);
        return bytes;
    }

    /// <summary>A body that is sent byte by byte behind its first part.</summary>
    private sealed class RawContent : HttpContent
    {
        private readonly byte[] _first;
        private readonly byte[] _slowly;
        private readonly TimeProvider _time;

        public RawContent(byte[] first, byte[] slowly, TimeProvider time)
        {
            (_first, _slowly, _time) = (first, slowly, time);
            Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        }

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.WriteAsync(_first);
            foreach (byte b in _slowly)
            {
                await stream.WriteAsync(new[] { b });
                await stream.FlushAsync();
                await Task.Delay(TimeSpan.FromMilliseconds(100), _time);
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
