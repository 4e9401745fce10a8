using System.Text;

namespace Tallyman.Agent.Local;

/// <summary>The little of HTTP/1.1 that it takes to answer GET: RFC 9112. Whoever asks may send anything.</summary>
/// <param name="Path">Without its query.</param>
/// <param name="Refusal">What is to be answered where it is no GET; then there is no path.</param>
internal sealed record HttpRequest(string Path, Answer? Refusal)
{
    /// <summary>Of request line and header fields together.</summary>
    public const int Longest = 8 * 1024;

    /// <summary>Reads a request up to where its body would begin.</summary>
    /// <returns>Null if it ends before that.</returns>
    public static async Task<HttpRequest?> ReadAsync(Stream client, CancellationToken cancel)
    {
        byte[] head = new byte[Longest];
        int length = 0;
        while (length < head.Length)
        {
            int read = await client.ReadAsync(head.AsMemory(length), cancel);
            if (read == 0)
            {
                return null;
            }

            int before = Math.Max(0, length - 3); // the end may come in pieces
            length += read;
            if (head.AsSpan(before, length - before).IndexOf("\r\n\r\n"u8) >= 0)
            {
                return Parse(head.AsSpan(0, length));
            }
        }

        return Refused(431, $"a request has {Longest} bytes at most");
    }

    /// <param name="head">At least a request line.</param>
    private static HttpRequest Parse(ReadOnlySpan<byte> head)
    {
        ReadOnlySpan<byte> line = head[..head.IndexOf("\r\n"u8)];
        int afterMethod = line.IndexOf((byte)' ');
        int afterTarget = line.LastIndexOf((byte)' ');
        if (afterMethod <= 0 || afterTarget <= afterMethod + 1 || line[afterMethod + 1] != '/' || !line[(afterTarget + 1)..].StartsWith("HTTP/1."u8))
        {
            return Refused(400, "this is no request of HTTP/1.1");
        }

        if (!line[..afterMethod].SequenceEqual("GET"u8))
        {
            return Refused(405, "there is only GET");
        }

        ReadOnlySpan<byte> target = line[(afterMethod + 1)..afterTarget];
        int query = target.IndexOf((byte)'?');
        return new HttpRequest(Encoding.ASCII.GetString(query < 0 ? target : target[..query]), null);
    }

    private static HttpRequest Refused(int status, string sentence) => new("", Answer.Text(status, sentence));
}
