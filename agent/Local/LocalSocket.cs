using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;
using Tallyman.Agent.Native;
using Tallyman.Cli;

namespace Tallyman.Agent.Local;

/// <summary>
/// A socket that listens. One in the file system has a lock beside it that ends with its process: what a killed agent left is
/// replaced, what a running one uses is not, and two that start at once do not take it from each other.
/// </summary>
internal sealed class LocalSocket : IDisposable
{
    private const int Backlog = 64;
    private const int WouldBlock = 11; // EAGAIN of flock(2)
    private const UnixFileMode ForOwner = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode ForGroup = ForOwner | UnixFileMode.GroupRead | UnixFileMode.GroupWrite;

    private readonly FileStream? _lock;

    private LocalSocket(Socket listener, Peers? peers, FileStream? @lock) => (Listener, Peers, _lock) = (listener, peers, @lock);

    public Socket Listener { get; }

    /// <summary>Who may ask; null for everybody on this host.</summary>
    public Peers? Peers { get; }

    /// <param name="group">May ask, too, where it is a socket in the file system; null for none.</param>
    /// <exception cref="UserException">Another agent listens there, or something else is in its place.</exception>
    /// <exception cref="IOException">It cannot be listened there.</exception>
    public static LocalSocket Open(ListenAddress address, uint? group)
    {
        var listener = new Socket(address.Address.AddressFamily, SocketType.Stream, ProtocolType.Unspecified);
        FileStream? held = null;
        try
        {
            Peers? peers = null;
            if (address.Path is string path)
            {
                held = Lock(path);
                RemoveStale(path);
                listener.Bind(address.Address);
                peers = Allow(path, group); // before anybody can connect
            }
            else
            {
                listener.Bind(address.Address);
            }

            listener.Listen(Backlog);
            return new LocalSocket(listener, peers, held);
        }
        catch (Exception e)
        {
            listener.Dispose();
            held?.Dispose();
            throw e is SocketException or UnauthorizedAccessException ? new IOException($"{address}: {e.Message}", e) : e;
        }
    }

    public void Dispose()
    {
        Listener.Dispose(); // its file goes with it
        _lock?.Dispose();
    }

    private static FileStream Lock(string path)
    {
        try
        {
            return new FileStream(
                path + ".lock", new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.None, UnixCreateMode = ForOwner });
        }
        catch (IOException e) when (e.HResult == WouldBlock)
        {
            throw new UserException(ExitCode.Unavailable, $"another agent listens at {path}: stop it, or give this one a directory of its own");
        }
    }

    private static void RemoveStale(string path)
    {
        using SafeFileHandle? found = RootedFile.OpenRoot(path);
        bool isLink = new FileInfo(path).LinkTarget is not null;
        if (isLink || (found is not null && FileDetails.Of(found) is not { IsSocket: true }))
        {
            throw new UserException(ExitCode.Unavailable, $"{path} is there already and is no socket: give another path, or remove it");
        }

        File.Delete(path);
    }

    private static Peers Allow(string path, uint? group)
    {
        File.SetUnixFileMode(path, ForGroup);
        if (group is uint id)
        {
            FileOwner.SetGroup(path, id);
        }

        using SafeFileHandle? own = RootedFile.OpenRoot(path);
        return own is not null && FileDetails.Of(own) is FileDetails details
            ? new Peers(details.Uid, group)
            : throw new IOException($"{path} is gone as soon as it is made");
    }
}
