using System.Buffers;
using System.Buffers.Binary;
using Google.Protobuf;

namespace Tallyman.Grpc;

/// <summary>
/// One message on the wire: a byte that says whether it is compressed (never, here), its length in four bytes, big endian,
/// and the message (gRPC over HTTP/2, "Length-Prefixed-Message").
/// </summary>
public static class GrpcFrame
{
    /// <summary>What other implementations accept at most unless told otherwise, in bytes.</summary>
    public const int DefaultMessageLimit = 4 * 1024 * 1024;

    private const int HeaderLength = 5;

    public static async ValueTask WriteAsync(Stream stream, IMessage message, CancellationToken cancel)
    {
        int length = message.CalculateSize();
        byte[] buffer = ArrayPool<byte>.Shared.Rent(HeaderLength + length);
        try
        {
            buffer[0] = 0;
            BinaryPrimitives.WriteInt32BigEndian(buffer.AsSpan(1), length);
            message.WriteTo(buffer.AsSpan(HeaderLength, length));
            await stream.WriteAsync(buffer.AsMemory(0, HeaderLength + length), cancel);
            await stream.FlushAsync(cancel);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <returns>The next message, or null at the end of the stream.</returns>
    /// <exception cref="GrpcException">The frame is longer than the limit, compressed, cut short or no message of this kind.</exception>
    public static async ValueTask<T?> ReadAsync<T>(Stream stream, MessageParser<T> parser, int messageLimit, CancellationToken cancel)
        where T : class, IMessage<T> =>
        await ReadLengthAsync(stream, messageLimit, cancel) is int length ? await ReadBodyAsync(stream, length, parser, cancel) : null;

    /// <returns>How many bytes the next message has, or null at the end of the stream. <see cref="ReadBodyAsync"/> must follow.</returns>
    /// <exception cref="GrpcException">The frame is longer than the limit, compressed or cut short.</exception>
    public static async ValueTask<int?> ReadLengthAsync(Stream stream, int messageLimit, CancellationToken cancel)
    {
        byte[] header = new byte[HeaderLength];
        int read = await stream.ReadAtLeastAsync(header, HeaderLength, throwOnEndOfStream: false, cancel);
        if (read == 0)
        {
            return null;
        }

        if (read < HeaderLength)
        {
            throw new GrpcException(StatusCode.Internal, $"the stream ends within the header of a message, after {read} of {HeaderLength} bytes");
        }

        if (header[0] != 0)
        {
            throw header[0] == 1
                ? new GrpcException(StatusCode.Unimplemented, "compressed messages are not accepted, only identity")
                : new GrpcException(StatusCode.Internal, $"the first byte of a message must be 0 or 1, is {header[0]}");
        }

        uint length = BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(1));
        return length <= messageLimit
            ? (int)length
            : throw new GrpcException(StatusCode.ResourceExhausted, $"a message may have {messageLimit} bytes, has {length}");
    }

    /// <exception cref="GrpcException">The message is cut short or none of this kind.</exception>
    public static async ValueTask<T> ReadBodyAsync<T>(Stream stream, int length, MessageParser<T> parser, CancellationToken cancel)
        where T : class, IMessage<T>
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            Memory<byte> body = buffer.AsMemory(0, length);
            int read = await stream.ReadAtLeastAsync(body, body.Length, throwOnEndOfStream: false, cancel);
            if (read < body.Length)
            {
                throw new GrpcException(StatusCode.Internal, $"the stream ends within a message, after {read} of {length} bytes");
            }

            return parser.ParseFrom(body.Span);
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new GrpcException(StatusCode.Internal, $"no {typeof(T).Name}: {e.Message}");
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
