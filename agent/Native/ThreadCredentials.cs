namespace Tallyman.Agent.Native;

/// <summary>
/// Whose rights the calling thread has on files. The kernel keeps credentials by thread; what the C library changes in all
/// threads at once (setgroups) is asked of the kernel itself.
/// </summary>
internal sealed unsafe class ThreadCredentials
{
    private const uint NoId = uint.MaxValue; // changes nothing, and has the current id returned

    private readonly uint _uid = (uint)LibC.setfsuid(NoId);
    private readonly uint _gid = (uint)LibC.setfsgid(NoId);
    private readonly uint[] _groups = Groups();
    private readonly LibC.CapabilityData[] _capabilities = Capabilities();

    private ThreadCredentials()
    {
    }

    /// <summary>Has the work done with what this user may do with files, and no more.</summary>
    /// <returns>False if the thread may not do that (CAP_SETUID, CAP_SETGID): the work is not done then.</returns>
    /// <exception cref="InvalidOperationException">The thread has changed and cannot be what it was: it must end.</exception>
    public static bool TryRunAs(uint uid, uint gid, ReadOnlySpan<uint> groups, Action work)
    {
        var own = new ThreadCredentials();
        if (!SetGroups(groups))
        {
            return false;
        }

        try
        {
            // Where the agent is not root the kernel leaves it the capabilities that pass over permissions.
            LibC.CapabilityData[] capabilities = [.. own._capabilities];
            capabilities[0].effective &= ~((1u << LibC.CAP_DAC_OVERRIDE) | (1u << LibC.CAP_DAC_READ_SEARCH));
            if (!TrySetIds(uid, gid) || !SetCapabilities(capabilities))
            {
                return false;
            }

            work();
            return true;
        }
        finally
        {
            own.Restore();
        }
    }

    private void Restore()
    {
        bool isRestored = TrySetIds(_uid, _gid) & SetGroups(_groups) & SetCapabilities(_capabilities);
        if (!isRestored)
        {
            throw new InvalidOperationException("the kernel does not let a thread have its own credentials back");
        }
    }

    /// <summary>setfsuid(2) reports no failure: whether it did anything shows when it is asked again.</summary>
    private static bool TrySetIds(uint uid, uint gid)
    {
        _ = LibC.setfsgid(gid);
        _ = LibC.setfsuid(uid);
        return (uint)LibC.setfsgid(NoId) == gid && (uint)LibC.setfsuid(NoId) == uid;
    }

    private static bool SetGroups(ReadOnlySpan<uint> groups)
    {
        fixed (uint* first = groups)
        {
            return LibC.syscall(LibC.SYS_setgroups, groups.Length, (nint)first, 0, 0) == 0;
        }
    }

    private static uint[] Groups()
    {
        uint[] groups = new uint[Math.Max(0, LibC.getgroups(0, null))];
        fixed (uint* first = groups)
        {
            return LibC.getgroups(groups.Length, first) == groups.Length
                ? groups
                : throw new InvalidOperationException("the groups of the agent change while they are read");
        }
    }

    private static LibC.CapabilityData[] Capabilities()
    {
        var header = new LibC.CapabilityHeader { version = LibC._LINUX_CAPABILITY_VERSION_3 };
        var capabilities = new LibC.CapabilityData[2];
        fixed (LibC.CapabilityData* first = capabilities)
        {
            return LibC.capget(&header, first) == 0
                ? capabilities
                : throw new InvalidOperationException("the kernel does not tell the agent its capabilities");
        }
    }

    private static bool SetCapabilities(LibC.CapabilityData[] capabilities)
    {
        var header = new LibC.CapabilityHeader { version = LibC._LINUX_CAPABILITY_VERSION_3 };
        fixed (LibC.CapabilityData* first = capabilities)
        {
            return LibC.capset(&header, first) == 0;
        }
    }
}
