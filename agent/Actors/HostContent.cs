using Microsoft.Win32.SafeHandles;
using Tallyman.Agent.Native;

namespace Tallyman.Agent.Actors;

/// <summary>What a file or a directory of the host says, read anew when that has changed. For one thread.</summary>
/// <param name="read">Gets it open.</param>
internal sealed class HostContent<T>(Func<SafeFileHandle?> open, Func<SafeFileHandle, T> read, TimeProvider time)
    where T : class
{
    /// <summary>Seconds after which another change is certain to have another time: the kernel's clock ticks.</summary>
    private const long Settled = 2;

    private FileStatus? _status;
    private T? _content;

    /// <returns>Null if it cannot be opened.</returns>
    public T? Get()
    {
        using SafeFileHandle? file = open();
        if (file is null || FileStatus.Of(file) is not FileStatus status)
        {
            return null;
        }

        if (_content is null || status != _status)
        {
            bool isSettled = time.GetUtcNow().ToUnixTimeSeconds() - status.ChangeSeconds >= Settled;
            (_content, _status) = (read(file), isSettled ? status : null);
        }

        return _content;
    }
}
