using System.Buffers.Binary;
using Tallyman.Grpc;
using Tallyman.V1;
using Xunit;

namespace Tallyman.Agent.Tests.Proto.Grpc;

public class PercentEncodingTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("plain text, with (signs)!", "plain text, with (signs)!")]
    [InlineData("100%", "100%25")]
    [InlineData("line\nbreak", "line%0Abreak")]
    [InlineData("Grüße", "Gr%C3%BC%C3%9Fe")]
    public void Text_goes_there_and_back(string text, string encoded)
    {
        Assert.Equal(encoded, PercentEncoding.Encode(text));
        Assert.Equal(text, PercentEncoding.Decode(encoded));
    }

    [Theory]
    [InlineData("50% of", "50% of")]
    [InlineData("%zz", "%zz")]
    [InlineData("%4", "%4")]
    [InlineData("%ff", "\ufffd")]
    public void What_others_encode_wrongly_is_no_failure(string encoded, string text) => Assert.Equal(text, PercentEncoding.Decode(encoded));
}

public class GrpcTimeoutTests
{
    [Theory]
    [InlineData("1H", 3600.0)]
    [InlineData("2M", 120.0)]
    [InlineData("3S", 3.0)]
    [InlineData("250m", 0.25)]
    [InlineData("100u", 0.0001)]
    [InlineData("1000n", 0.000001)]
    [InlineData("99999999H", 99_999_999 * 3600.0)]
    public void A_timeout_is_read(string text, double seconds)
    {
        Assert.True(GrpcTimeout.TryParse(text, out TimeSpan timeout));
        Assert.Equal(seconds, timeout.TotalSeconds, 6);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("S")]
    [InlineData("1")]
    [InlineData("-1S")]
    [InlineData("1x")]
    [InlineData("123456789S")]
    [InlineData("1.5S")]
    public void What_is_no_timeout_is_none(string? text) => Assert.False(GrpcTimeout.TryParse(text, out _));

    [Theory]
    [InlineData(1.5, "1500000u")]
    [InlineData(100.0, "100000m")]
    [InlineData(0.0, "1u")]
    [InlineData(1e9, "1000000000S")]
    public void A_written_timeout_has_at_most_eight_digits_and_is_never_shorter(double seconds, string expected)
    {
        string text = GrpcTimeout.Format(TimeSpan.FromSeconds(seconds));
        Assert.True(GrpcTimeout.TryParse(text, out TimeSpan read), text);
        Assert.True(read >= TimeSpan.FromSeconds(seconds), $"{text} is shorter than {seconds} s (expected about {expected})");
        Assert.True(text.Length <= 9);
    }
}

public class GrpcFrameTests
{
    [Fact]
    public async Task A_message_goes_there_and_back_in_pieces_of_any_size()
    {
        var stream = new MemoryStream();
        var sent = new AgentFrame { Hello = new Hello { AgentId = new string('x', 70_000) } };
        await GrpcFrame.WriteAsync(stream, sent, default);
        await GrpcFrame.WriteAsync(stream, new AgentFrame(), default);

        var trickle = new Trickle(stream.ToArray());
        Assert.Equal(sent, await GrpcFrame.ReadAsync(trickle, AgentFrame.Parser, 100_000, default));
        Assert.Equal(new AgentFrame(), await GrpcFrame.ReadAsync(trickle, AgentFrame.Parser, 100_000, default));
        Assert.Null(await GrpcFrame.ReadAsync(trickle, AgentFrame.Parser, 100_000, default));
    }

    [Theory]
    [InlineData("0000000005", StatusCode.Internal, "within a message")]
    [InlineData("000000", StatusCode.Internal, "within the header")]
    [InlineData("01000000020a00", StatusCode.Unimplemented, "compressed")]
    [InlineData("0700000000", StatusCode.Internal, "must be 0 or 1, is 7")]
    [InlineData("00ffffffff", StatusCode.ResourceExhausted, "may have 1000 bytes, has 4294967295")]
    [InlineData("0000000002ffff", StatusCode.Internal, "no AgentFrame")]
    public async Task What_is_no_message_ends_the_call_with_a_reason(string hex, StatusCode code, string reason)
    {
        GrpcException e = await Assert.ThrowsAsync<GrpcException>(async () =>
            await GrpcFrame.ReadAsync(new MemoryStream(Convert.FromHexString(hex)), AgentFrame.Parser, 1000, default));
        Assert.Equal(code, e.Status.Code);
        Assert.Contains(reason, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Any_bytes_are_a_message_or_a_reason()
    {
        int seed = Environment.TickCount;
        var random = new Random(seed);
        for (int i = 0; i < 3000; i++)
        {
            byte[] bytes = new byte[5 + random.Next(60)];
            random.NextBytes(bytes);
            bytes[0] = 0;
            BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(1), random.Next(60));
            try
            {
                await GrpcFrame.ReadAsync(new MemoryStream(bytes), AgentFrame.Parser, 1000, default);
            }
            catch (GrpcException)
            {
                // a reason
            }
            catch (Exception e)
            {
                Assert.Fail($"seed {seed}, round {i}: {e}");
            }
        }
    }

    /// <summary>Gives one byte at a time.</summary>
    private sealed class Trickle(byte[] bytes) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(1, buffer.Length)], cancellationToken);
    }
}
