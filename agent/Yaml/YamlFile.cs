using System.Globalization;
using Microsoft.Win32.SafeHandles;
using Tallyman.Agent.Native;

namespace Tallyman.Agent.Yaml;

/// <summary>
/// A file of settings or rules: a regular one of a bounded size. It is read again and again, so that a pipe, such as a shell has for &lt;(…), would be empty the
/// second time; to open a FIFO may take for ever, and a device may have no end.
/// </summary>
internal static class YamlFile
{
    private const int Longest = 1024 * 1024;

    /// <exception cref="IOException">It cannot be read; the message says why and names it.</exception>
    public static byte[] Read(string path)
    {
        using SafeFileHandle? found = RootedFile.OpenRoot(path);
        if (found is not null && FileDetails.Of(found) is FileDetails details && (!details.IsRegular || details.Size > Longest))
        {
            throw new IOException(
                details.IsDirectory ? $"{path} is a directory: name a file in it"
                : !details.IsRegular ? $"{path} is a pipe or a device, which cannot be read again and again: name a file"
                : string.Create(CultureInfo.InvariantCulture, $"{path} must have at most {Longest} bytes, has {details.Size}"));
        }

        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new IOException($"{path} does not exist", e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException($"{path} cannot be read by this user: try sudo", e);
        }
    }
}
