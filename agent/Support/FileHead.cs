using System.Text;

namespace Tallyman.Agent.Support;

/// <summary>The beginning of a file, whatever it is and says of its length: those of /proc say 0, and a device has no end.</summary>
internal static class FileHead
{
    public static string Read(string path, int most)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        byte[] bytes = new byte[most];
        return Encoding.UTF8.GetString(bytes, 0, file.ReadAtLeast(bytes, most, throwOnEndOfStream: false));
    }
}
