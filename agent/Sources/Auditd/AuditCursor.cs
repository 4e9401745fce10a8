using System.Text.Json;

namespace Tallyman.Agent.Sources.Auditd;

/// <summary>Up to where a log has been read: kept in the state directory, so that the next start goes on there.</summary>
/// <param name="HeadLength">Bytes that <paramref name="HeadDigest"/>, SHA-256, is of: an inode's number is given anew.</param>
/// <param name="Time">Of the last execution that was passed on, in milliseconds since 1970; its serial.</param>
internal sealed record AuditCursor(ulong Inode, long Offset, int HeadLength, string HeadDigest, long Time, ulong Serial)
{
    public const string FileName = "audit.cursor";

    /// <returns>Null if there is none that can be used.</returns>
    public static AuditCursor? TryLoad(string directory)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(directory, FileName)));
            JsonElement cursor = json.RootElement;
            return new AuditCursor(
                cursor.GetProperty("inode").GetUInt64(),
                Math.Max(0, cursor.GetProperty("offset").GetInt64()),
                Math.Clamp(cursor.GetProperty("head_length").GetInt32(), 0, 4096),
                cursor.GetProperty("head_sha256").GetString() ?? "",
                Math.Clamp(cursor.GetProperty("time").GetInt64(), 0, 253_402_300_799_999),
                cursor.GetProperty("serial").GetUInt64());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }

    /// <returns>Why it could not be kept; null if it is.</returns>
    public string? Save(string directory)
    {
        try
        {
            var text = new MemoryStream();
            using (var json = new Utf8JsonWriter(text))
            {
                json.WriteStartObject();
                json.WriteNumber("inode", Inode);
                json.WriteNumber("offset", Offset);
                json.WriteNumber("head_length", HeadLength);
                json.WriteString("head_sha256", HeadDigest);
                json.WriteNumber("time", Time);
                json.WriteNumber("serial", Serial);
                json.WriteEndObject();
            }

            Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            string file = Path.Combine(directory, FileName);
            File.WriteAllBytes(file + ".new", text.ToArray());
            File.Move(file + ".new", file, overwrite: true);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return e.Message;
        }
    }

    /// <summary>Forgets it: what the log tells from there on is learnt in another way.</summary>
    public static void Delete(string directory)
    {
        try
        {
            File.Delete(Path.Combine(directory, FileName));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // nothing is kept in this directory
        }
    }
}
