using System.Globalization;
using System.Text;

namespace Tallyman.Agent.Local;

/// <summary>What the agent says when it is asked.</summary>
/// <param name="Status">Of HTTP.</param>
internal sealed record Answer(int Status, string ContentType, string Body)
{
    private const string PlainText = "text/plain; charset=utf-8";

    /// <summary>What comes before a stream, which ends with its connection.</summary>
    public static ReadOnlyMemory<byte> HeadOfStream { get; } =
        "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n"u8.ToArray();

    public static Answer Text(int status, string sentence) => new(status, PlainText, sentence + "\n");

    /// <param name="problem">Null for yes.</param>
    public static Answer ToProbe(string? problem) => problem is null ? Text(200, "ok") : Text(503, problem);

    /// <summary>The whole response: one for each connection, which ends with it.</summary>
    public byte[] ToBytes()
    {
        byte[] body = Encoding.UTF8.GetBytes(Body);
        string reason = Status switch
        {
            200 => "OK",
            400 => "Bad Request",
            403 => "Forbidden",
            404 => "Not Found",
            405 => "Method Not Allowed",
            431 => "Request Header Fields Too Large",
            500 => "Internal Server Error",
            _ => "Service Unavailable",
        };
        string head = string.Create(
            CultureInfo.InvariantCulture,
            $"HTTP/1.1 {Status} {reason}\r\nContent-Type: {ContentType}\r\nContent-Length: {body.Length}\r\n{(Status == 405 ? "Allow: GET\r\n" : "")}Cache-Control: no-store\r\nConnection: close\r\n\r\n");
        return [.. Encoding.ASCII.GetBytes(head), .. body];
    }
}
