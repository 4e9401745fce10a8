using System.Collections.Immutable;
using System.Globalization;
using Tallyman.Agent.Model;
using Tallyman.Agent.Native;
using Tallyman.Agent.Sources;

namespace Tallyman.Agent.Manifests;

/// <summary>Who a process is to file systems, in numbers of the initial user namespace.</summary>
internal sealed record CallerIdentity(uint Uid, uint Gid, ImmutableArray<uint> Groups)
{
    private const uint ReadBit = 4; // of others; a group's is three bits higher, the owner's six

    public bool IsRoot => Uid == 0;

    /// <summary>The groups are known of a process that runs. Of one that has ended only the real group is, and it has to do.</summary>
    public static CallerIdentity Of(ExecEvent exec, ProcFs? running)
    {
        // A line of ids has the real, the effective, the saved and the file system's.
        Dictionary<string, string[]> status = running?.StatusOf(exec.Key.Tgid) ?? [];
        uint[] Numbers(string line) => [.. status.GetValueOrDefault(line, []).Select(static column => uint.Parse(column, CultureInfo.InvariantCulture))];

        return new CallerIdentity(exec.Euid, Numbers("Gid") is [_, _, _, uint gid] ? gid : exec.Gid, [.. Numbers("Groups")]);
    }

    /// <summary>What the permissions of the file say, those of the directories above it left aside.</summary>
    public bool MayRead(FileDetails file)
    {
        int shift = file.Uid == Uid ? 6 : file.Gid == Gid || Groups.Contains(file.Gid) ? 3 : 0;
        return IsRoot || (file.Mode & (ReadBit << shift)) != 0;
    }
}
