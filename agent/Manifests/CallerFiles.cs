using Microsoft.Win32.SafeHandles;
using Tallyman.Agent.Native;

namespace Tallyman.Agent.Manifests;

/// <summary>What became of opening a path: an open file or directory, or the reason why there is none.</summary>
internal readonly record struct Opened(SafeFileHandle? File, bool IsDirectory, Unread Reason);

/// <summary>
/// The files of the host as a process has them: below its root, which no path leaves, and with its rights. Nothing is
/// opened but regular files and directories.
/// </summary>
/// <param name="root">Owned.</param>
/// <param name="user">Whose rights count; null for those of this process.</param>
internal sealed class CallerFiles(SafeFileHandle root, CallerIdentity? user) : IDisposable
{
    private const int LongestPath = 4095; // PATH_MAX without its NUL

    /// <summary>Names of a directory that are looked at.</summary>
    private const int MostEntries = 4096;

    public Opened Open(RootedPath path)
    {
        if (path.Text.Bytes.Length > LongestPath || path.Text.Bytes.Contains((byte)0))
        {
            return Refused(Unread.Gone);
        }

        int error = 0;
        SafeFileHandle? found = null;
        bool isChecked = AsCaller(() => found = RootedFile.Find(root, path.Text.Bytes, out error));
        using (found)
        {
            if (found is null || FileDetails.Of(found) is not FileDetails details)
            {
                return Refused(ReasonOf(error));
            }

            if (!details.IsRegular && !details.IsDirectory)
            {
                return Refused(Unread.NotRegular);
            }

            // A file of /proc tells the agent of the agent.
            if (FileSystemType.Of(found) is not ulong type || type == FileSystemType.Proc || FileSystemType.MayNeverAnswer(type))
            {
                return Refused(Unread.FileSystem);
            }

            if (!isChecked && !user!.MayRead(details))
            {
                return Refused(Unread.NotAllowed);
            }

            SafeFileHandle? opened = null;
            AsCaller(() => opened = RootedFile.Open(found, out error));
            return opened is null ? Refused(ReasonOf(error)) : new Opened(opened, details.IsDirectory, default);
        }
    }

    /// <summary>The names in a directory, sorted; whether there are more.</summary>
    public static (IReadOnlyList<DirectoryEntry> Entries, bool IsCut) List(SafeFileHandle directory)
    {
        List<DirectoryEntry> entries = [.. DirectoryEntries.Of(directory).Take(MostEntries + 1)];
        bool isCut = entries.Count > MostEntries;
        entries.Sort(static (one, other) => one.Name.Span.SequenceCompareTo(other.Name.Span));
        return (entries, isCut);
    }

    /// <summary>All of a file; null if it has more bytes than that, has changed while it was read, or its disk fails.</summary>
    public static (byte[]? Content, Unread Reason) Read(SafeFileHandle file, int most)
    {
        try
        {
            return ReadUnchanged(file, most);
        }
        catch (IOException)
        {
            return (null, Unread.Gone);
        }
    }

    public void Dispose() => root.Dispose();

    private static (byte[]? Content, Unread Reason) ReadUnchanged(SafeFileHandle file, int most)
    {
        for (int attempt = 0; attempt < 2; attempt++)
        {
            FileDetails? before = FileDetails.Of(file);
            if (before is null || before.Value.Size > (ulong)most)
            {
                return (null, Unread.TooLarge);
            }

            byte[] content = new byte[before.Value.Size];
            int length = 0;
            for (int read = 1; read > 0 && length < content.Length; length += read)
            {
                read = RandomAccess.Read(file, content.AsSpan(length), length);
            }

            if (length == content.Length && FileDetails.Of(file) == before)
            {
                return (content, default);
            }
        }

        return (null, Unread.Changed);
    }

    /// <returns>Whether the kernel has checked the caller's rights; if not, they are still to be checked.</returns>
    private bool AsCaller(Action work)
    {
        if (user is null or { IsRoot: true })
        {
            work();
            return true;
        }

        if (ThreadCredentials.TryRunAs(user.Uid, user.Gid, user.Groups.AsSpan(), work))
        {
            return true;
        }

        work();
        return false;
    }

    private static Opened Refused(Unread reason) => new(null, false, reason);

    private static Unread ReasonOf(int error) => error switch
    {
        LibC.EACCES or LibC.EPERM => Unread.NotAllowed,
        LibC.ELOOP => Unread.NotRegular,
        LibC.ENOSYS => Unread.Unsupported,
        _ => Unread.Gone,
    };
}
