using System.Security.Cryptography;
using System.Text;

namespace Tallyman.Grpc;

/// <summary>Tells whether files are still those that were read; files that cannot be read count with the reason.</summary>
public static class FileDigest
{
    /// <param name="read">Throws IOException or UnauthorizedAccessException.</param>
    public static string Of(IEnumerable<string> files, Func<string, byte[]> read)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string file in files)
        {
            byte[] content = ContentOf(file, read);
            hash.AppendData(Encoding.UTF8.GetBytes($"{file}\0{content.Length}\0"));
            hash.AppendData(content);
        }

        return Convert.ToHexString(hash.GetHashAndReset());
    }

    private static byte[] ContentOf(string file, Func<string, byte[]> read)
    {
        try
        {
            return read(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Encoding.UTF8.GetBytes(e.Message);
        }
    }
}
