using Microsoft.Win32.SafeHandles;
using Tallyman.Agent.Model;
using Tallyman.Agent.Native;

namespace Tallyman.Agent.Sources.Auditd;

/// <summary>Which programs lie in a copy of a host's file systems: each is looked into once. No path leaves the copy.</summary>
internal sealed class CopiedPrograms : IDisposable
{
    private const int MostKept = 16 * 1024;
    private const int PATH_MAX = 4096; // a forged log may have longer ones, and many

    private readonly SafeFileHandle _root;
    private readonly Dictionary<byte[], Executable?> _programs = new(new BytesComparer());
    private readonly Dictionary<byte[], Executable?>.AlternateLookup<ReadOnlySpan<byte>> _lookup;

    private CopiedPrograms(SafeFileHandle root)
    {
        _root = root;
        _lookup = _programs.GetAlternateLookup<ReadOnlySpan<byte>>();
    }

    /// <returns>Null if there is no such directory.</returns>
    public static CopiedPrograms? Open(string directory) =>
        Directory.Exists(directory) && RootedFile.OpenRoot(directory) is SafeFileHandle root ? new CopiedPrograms(root) : null;

    /// <param name="path">As the host had it.</param>
    /// <returns>Null if it is none of the tools, or is not there.</returns>
    public Executable? Find(ReadOnlySpan<byte> path)
    {
        if (path.Length >= PATH_MAX)
        {
            return null;
        }

        if (!_lookup.TryGetValue(path, out Executable? program))
        {
            if (_programs.Count >= MostKept)
            {
                _programs.Clear();
            }

            program = Identify(path);
            _lookup[path] = program;
        }

        return program;
    }

    public void Dispose() => _root.Dispose();

    private Executable? Identify(ReadOnlySpan<byte> path)
    {
        try
        {
            using SafeFileHandle? found = path.Contains((byte)0) ? null : RootedFile.Find(_root, path, out _);
            using SafeFileHandle? opened = found is not null
                && FileDetails.Of(found) is { IsRegular: true }
                && FileSystemType.Of(found) is ulong type && !FileSystemType.MayNeverAnswer(type)
                    ? RootedFile.Open(found, out _)
                    : null;
            return opened is null ? null : ExecIdentity.ProgramOf(opened);
        }
        catch (IOException)
        {
            return null;
        }
    }
}
