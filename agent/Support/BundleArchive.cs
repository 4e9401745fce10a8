using System.Formats.Tar;
using System.IO.Compression;
using System.Text;

namespace Tallyman.Agent.Support;

/// <summary>Files as one <c>.tar.gz</c>, in their order, of root's and for root's eyes.</summary>
internal static class BundleArchive
{
    private const UnixFileMode ForOwner = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <param name="directory">In which all are when it is unpacked.</param>
    public static byte[] Of(string directory, IEnumerable<BundleFile> files, DateTimeOffset time)
    {
        var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.SmallestSize))
        using (var tar = new TarWriter(gzip, TarEntryFormat.Gnu)) // which has room for long paths
        {
            foreach (BundleFile file in files)
            {
                tar.WriteEntry(new GnuTarEntry(TarEntryType.RegularFile, $"{directory}/{file.Name}")
                {
                    Mode = ForOwner,
                    UserName = "root",
                    GroupName = "root",
                    ModificationTime = time,
                    DataStream = new MemoryStream(Encoding.UTF8.GetBytes(file.Text)),
                });
            }
        }

        return packed.ToArray();
    }

    /// <exception cref="IOException">The file is there already, or cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">This user may not.</exception>
    public static void Write(string path, byte[] archive)
    {
        using var file = new FileStream(path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = ForOwner });
        try
        {
            file.Write(archive);
            file.Flush();
        }
        catch
        {
            File.Delete(path); // half of it is of no use
            throw;
        }
    }
}
