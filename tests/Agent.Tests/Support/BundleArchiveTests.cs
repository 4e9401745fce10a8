using System.Formats.Tar;
using System.IO.Compression;
using Tallyman.Agent.Support;
using Xunit;

namespace Tallyman.Agent.Tests.Support;

public sealed class BundleArchiveTests : IDisposable
{
    private static readonly BundleFile[] Files =
    [
        new("z.txt", "", "last letter first", IsMissing: false),
        new($"files/{new string('d', 200)}/a.yaml", "", "ü", IsMissing: false),
        new("empty", "", "", IsMissing: true),
    ];

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Its_files_are_roots_and_in_their_order()
    {
        byte[] archive = BundleArchive.Of("bundle", Files, Some.Time);
        using var tar = new TarReader(new GZipStream(new MemoryStream(archive), CompressionMode.Decompress));
        foreach (BundleFile file in Files)
        {
            TarEntry entry = tar.GetNextEntry()!;
            Assert.Equal($"bundle/{file.Name}", entry.Name);
            Assert.Equal(file.Text, entry.DataStream is null ? "" : new StreamReader(entry.DataStream).ReadToEnd());
            Assert.Equal((UnixFileMode.UserRead | UnixFileMode.UserWrite, 0, 0, TarEntryType.RegularFile), (entry.Mode, entry.Uid, entry.Gid, entry.EntryType));
        }

        Assert.Null(tar.GetNextEntry());
        Assert.Equal(archive, BundleArchive.Of("bundle", Files, Some.Time));
    }

    [Fact]
    public void It_is_written_for_its_owner_alone_and_over_nothing_that_is_there()
    {
        string path = _directory.File("bundle.tar.gz");

        BundleArchive.Write(path, [1, 2, 3]);

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        Assert.Throws<IOException>(() => BundleArchive.Write(path, [4]));
        Assert.Equal([1, 2, 3], File.ReadAllBytes(path));
        File.CreateSymbolicLink(_directory.File("link"), _directory.File("elsewhere"));
        Assert.Throws<IOException>(() => BundleArchive.Write(_directory.File("link"), [4]));
        Assert.False(File.Exists(_directory.File("elsewhere")));
    }
}
