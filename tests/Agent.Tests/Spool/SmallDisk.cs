using Xunit;

namespace Tallyman.Agent.Tests.Spool;

/// <summary>A file system of its own, ext4 in a file, that can be broken.</summary>
internal sealed class SmallDisk : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public SmallDisk()
    {
        Path = Directory.CreateDirectory(_directory.File("disk")).FullName;
        Run("truncate", "--size=48M", _directory.File("image"));
        Run("mkfs.ext4", "-q", "-F", _directory.File("image"));
        Mount();
    }

    public string Path { get; }

    /// <summary>What is not flushed is gone, and everything ends in errors until it is mounted anew.</summary>
    public void CutPower() => Run(Programs.Launch, "powercut", Path);

    /// <summary>As ext4 does by itself when it finds something wrong, under whoever has files open.</summary>
    public void TurnReadOnly() =>
        File.WriteAllText($"/sys/fs/ext4/{System.IO.Path.GetFileName(Programs.Run("findmnt", "-no", "SOURCE", Path).Output.Trim())}/trigger_fs_error", "1");

    /// <summary>Nobody may have files open there.</summary>
    public void MountAnew()
    {
        Run("umount", Path);
        Programs.Run("fsck.ext4", "-p", _directory.File("image")); // ends with 1 where it mended something
        Mount();
    }

    public void Dispose()
    {
        Programs.Run("umount", Path);
        _directory.Dispose();
    }

    private void Mount() => Run("mount", "-o", "loop,errors=remount-ro", _directory.File("image"), Path);

    private static void Run(string program, params string[] arguments)
    {
        Programs.Outcome outcome = Programs.Run(program, arguments);
        Assert.True(outcome.ExitCode == 0, $"{program}: {outcome.Error}");
    }
}

/// <summary>A test with a <see cref="SmallDisk"/>: skipped, with the reason, where none can be had.</summary>
public sealed class SmallDiskFactAttribute : FactAttribute
{
    public SmallDiskFactAttribute() => Skip = Reason;

    private static string? Reason { get; } = FindReason();

    private static string? FindReason()
    {
        try
        {
            using var disk = new SmallDisk();
            return null;
        }
        catch (Exception e)
        {
            return $"no ext4 can be mounted from a file: {e.Message.Trim()}";
        }
    }
}
