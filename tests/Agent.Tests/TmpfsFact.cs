using Xunit;

namespace Tallyman.Agent.Tests;

/// <summary>A test that mounts a small file system: skipped, with the reason, where that is not allowed.</summary>
public sealed class TmpfsFactAttribute : FactAttribute
{
    public TmpfsFactAttribute() => Skip = Reason;

    private static string? Reason { get; } = FindReason();

    private static string? FindReason()
    {
        using var directory = new TemporaryDirectory();
        Programs.Outcome mount = Programs.Run("mount", "-t", "tmpfs", "-o", "size=64k", "tallyman-test", directory.Path);
        if (mount.ExitCode != 0)
        {
            return $"a file system cannot be mounted: {mount.Error.Trim()}";
        }

        Programs.Run("umount", directory.Path);
        return null;
    }
}
