using Microsoft.Win32.SafeHandles;

namespace Tallyman.Agent.Native;

/// <summary>Which file system a file lies on, by the magic numbers of statfs(2).</summary>
internal static class FileSystemType
{
    public const ulong Proc = 0x9fa0;

    private static readonly HashSet<ulong> Unreliable =
    [
        0x65735546, // FUSE
        0x6969, // NFS
        0x01021997, // 9p
        0xff534d42, // CIFS
        0xfe534d42, // SMB2
        0x517b, // SMB
        0x00c36400, // Ceph
        0x5346414f, // AFS
        0x73757245, // Coda
        0x013661fc, // VirtualBox shared folders
    ];

    /// <summary>Whether its server is a process or another host, which may let a reader wait for ever.</summary>
    public static bool MayNeverAnswer(ulong magic) => Unreliable.Contains(magic);

    /// <returns>Null if it cannot be told.</returns>
    public static unsafe ulong? Of(SafeFileHandle file)
    {
        LibC.Statfs status;
        bool added = false;
        try
        {
            file.DangerousAddRef(ref added);
            return LibC.fstatfs((int)file.DangerousGetHandle(), &status) == 0 ? (ulong)status.f_type & uint.MaxValue : null;
        }
        finally
        {
            if (added)
            {
                file.DangerousRelease();
            }
        }
    }
}
