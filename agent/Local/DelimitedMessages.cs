using Google.Protobuf;

namespace Tallyman.Agent.Local;

/// <summary>Messages that each have their length before them, from a stream that may end at any time.</summary>
internal static class DelimitedMessages
{
    private const int Longest = 16 * 1024 * 1024;

    /// <returns>Null at the end.</returns>
    /// <exception cref="IOException">These are no messages.</exception>
    public static async Task<T?> ReadAsync<T>(Stream stream, MessageParser<T> parser, CancellationToken cancel)
        where T : class, IMessage<T>
    {
        byte[] one = new byte[1];
        int length = 0;
        for (int shift = 0; ; shift += 7)
        {
            if (await stream.ReadAsync(one, cancel) == 0)
            {
                return null;
            }

            length |= (one[0] & 0x7f) << shift;
            if (length is < 0 or > Longest || shift > 21)
            {
                throw new IOException("what answers is no agent of this version");
            }

            if (one[0] < 0x80)
            {
                break;
            }
        }

        byte[] bytes = new byte[length];
        return await stream.ReadAtLeastAsync(bytes, length, throwOnEndOfStream: false, cancel) == length ? parser.ParseFrom(bytes) : null;
    }
}
