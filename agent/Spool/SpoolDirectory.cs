using System.Globalization;
using Microsoft.Win32.SafeHandles;
using Tallyman.Agent.Native;
using Tallyman.Cli;

namespace Tallyman.Agent.Spool;

/// <summary>
/// The state directory as far as the spool is concerned: one agent at a time, and whatever lies there under the spool's name
/// and is none is moved aside.
/// </summary>
internal sealed class SpoolDirectory(string path, long size, TimeProvider time) : IDisposable
{
    public const string FileName = "spool.db";
    public const string QuarantineName = "quarantine";

    private const int MostQuarantined = 4;
    private const int WouldBlock = 11; // EAGAIN of flock(2)

    private const UnixFileMode ForOwner = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private FileStream? _lock;

    public string FilePath => Path.Combine(path, FileName);

    public string QuarantinePath => Path.Combine(path, QuarantineName);

    /// <summary>Opens the spool, or begins a new one.</summary>
    /// <param name="loss">Why what was there is lost; null if nothing is.</param>
    /// <exception cref="UserException">Another agent uses the directory.</exception>
    /// <exception cref="IOException">The disk fails, or it cannot be written to. Exceptions of SQLite and of permissions mean the same.</exception>
    public SpoolFile Open(out string? loss)
    {
        Directory.CreateDirectory(path, ForOwner | UnixFileMode.UserExecute);
        Lock();
        loss = FlawOfNames();
        if (loss is null && File.Exists(FilePath))
        {
            try
            {
                return SpoolFile.Open(FilePath, size);
            }
            catch (SpoolCorruptException e)
            {
                loss = e.Message;
            }
        }

        if (loss is not null)
        {
            Quarantine();
        }

        Create();
        return SpoolFile.Open(FilePath, size, isNew: true);
    }

    /// <summary>The spool that is open is no longer the one in the directory.</summary>
    public bool IsGone => !File.Exists(FilePath);

    public void Dispose() => _lock?.Dispose();

    private void Lock()
    {
        try
        {
            _lock ??= new FileStream(
                Path.Combine(path, "lock"), new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.None, UnixCreateMode = ForOwner });
        }
        catch (IOException e) when (e.HResult == WouldBlock)
        {
            throw new UserException(ExitCode.Unavailable, $"another agent uses {path}: stop it, or give this one a directory of its own with --state");
        }
    }

    /// <summary>Under another name first, so that under its own there is never half of one.</summary>
    private void Create()
    {
        string fresh = FilePath + ".new";
        if (NamesOf(fresh).Any(static name => Path.Exists(name) || new FileInfo(name).LinkTarget is not null))
        {
            Quarantine(NamesOf(fresh)); // killed in the middle of it
        }

        // SQLite takes the mode of its file for those beside it.
        new FileStream(fresh, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = ForOwner }).Dispose();
        SpoolFile.Create(fresh, time.GetUtcNow());
        FileRename.Move(fresh, FilePath);
    }

    /// <returns>What is wrong with what lies there, where SQLite must not even look at it.</returns>
    private string? FlawOfNames()
    {
        foreach (string name in NamesOf(FilePath))
        {
            if (new FileInfo(name).LinkTarget is not null)
            {
                return $"{Path.GetFileName(name)} is a link";
            }

            using SafeFileHandle? found = RootedFile.OpenRoot(name);
            if (found is not null && FileDetails.Of(found)?.IsRegular == false)
            {
                return $"{Path.GetFileName(name)} is no file";
            }
        }

        return !File.Exists(FilePath) && File.Exists(FilePath + "-wal") ? "its journal is all that is left" : null;
    }

    private static IEnumerable<string> NamesOf(string file) => [file, file + "-wal", file + "-shm"];

    /// <summary>Moves aside whatever lies there under the spool's name.</summary>
    public void Quarantine() => Quarantine(NamesOf(FilePath));

    private void Quarantine(IEnumerable<string> names)
    {
        if (new FileInfo(QuarantinePath) is { } file && (file.LinkTarget is not null || file.Exists))
        {
            file.Delete();
        }

        string name = string.Create(CultureInfo.InvariantCulture, $"{time.GetUtcNow():yyyyMMdd'T'HHmmssfffffff'Z'}");
        string target = Path.Combine(QuarantinePath, name);
        Directory.CreateDirectory(target, ForOwner | UnixFileMode.UserExecute);
        foreach (string source in names)
        {
            FileRename.Move(source, Path.Combine(target, Path.GetFileName(source)));
        }

        Prune();
    }

    /// <summary>The newest few stay, and no more of them than a spool may have bytes.</summary>
    private void Prune()
    {
        long bytes = 0;
        int kept = 0;
        foreach (DirectoryInfo each in new DirectoryInfo(QuarantinePath).EnumerateDirectories().OrderByDescending(static each => each.Name, StringComparer.Ordinal))
        {
            long length = each.EnumerateFiles("*", SearchOption.AllDirectories).Sum(static file => file.LinkTarget is null ? file.Length : 0);
            if (kept == MostQuarantined || bytes + length > size)
            {
                each.Delete(recursive: true);
                continue;
            }

            kept++;
            bytes += length;
        }
    }
}
