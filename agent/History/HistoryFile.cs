using Google.Protobuf;
using Tallyman.Agent.Native;
using Tallyman.V1;

namespace Tallyman.Agent.History;

/// <summary>The history of alerts in the state directory: never half of it, and what is no history is as good as none.</summary>
internal static class HistoryFile
{
    public const string FileName = "history";

    private const UnixFileMode ForOwner = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <param name="mostBytes">Of a file that is read.</param>
    /// <param name="failure">Why there is none; null if there is.</param>
    public static IReadOnlyList<Pattern> Load(string directory, long mostBytes, out string? failure)
    {
        var patterns = new List<Pattern>();
        try
        {
            using FileStream file = File.OpenRead(Path.Combine(directory, FileName));
            if (file.Length > mostBytes)
            {
                failure = $"{file.Name} has {file.Length} bytes, which is more than {mostBytes}";
                return [];
            }

            while (file.Position < file.Length) // the stream has a buffer of its own
            {
                patterns.Add(Pattern.Parser.ParseDelimitedFrom(file));
            }

            failure = null;
            return patterns;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            failure = "there is none yet";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) // InvalidProtocolBufferException is an IOException
        {
            failure = e.Message;
        }

        return [];
    }

    /// <param name="bytes">Of <see cref="AlertHistory.Write"/>.</param>
    /// <exception cref="IOException">It cannot be kept. UnauthorizedAccessException means the same.</exception>
    public static void Save(string directory, ReadOnlySpan<byte> bytes)
    {
        Directory.CreateDirectory(directory, ForOwner | UnixFileMode.UserExecute);
        string path = Path.Combine(directory, FileName);
        string draft = path + ".new";
        File.Delete(draft); // of an agent that was killed, or somebody's link
        using (var file = new FileStream(draft, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = ForOwner }))
        {
            file.Write(bytes);
            file.Flush(flushToDisk: true);
        }

        FileRename.Move(draft, path);
    }
}
