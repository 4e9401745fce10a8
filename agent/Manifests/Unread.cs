using System.Collections.Immutable;
using System.Text.Json;
using Tallyman.Agent.Status;

namespace Tallyman.Agent.Manifests;

/// <summary>Why a manifest was not read, or not to its end.</summary>
internal enum Unread
{
    /// <summary>It came through a descriptor of the process: standard input, a pipe of the shell.</summary>
    Stdin,

    /// <summary>It lies beyond a URL.</summary>
    Remote,

    /// <summary>There is no such file, or the root and the directory of the process are gone with it.</summary>
    Gone,

    /// <summary>The caller could not read it either.</summary>
    NotAllowed,

    /// <summary>It is a FIFO, a socket, a device, a directory where a file belongs, or a link of /proc.</summary>
    NotRegular,

    /// <summary>It lies on a file system that may never answer or that answers each reader differently.</summary>
    FileSystem,

    TooLarge,

    /// <summary>It was written to while it was read, twice.</summary>
    Changed,

    /// <summary>Reading took too long, or there are more manifests than are read for one command line.</summary>
    Budget,

    /// <summary>It is not what the tool takes there.</summary>
    Invalid,

    /// <summary>This kernel cannot keep a path below a root: openat2(2) came with Linux 5.6.</summary>
    Unsupported,
}

internal static class UnreadNames
{
    private static readonly ImmutableArray<string> Names = [.. Enum.GetNames<Unread>().Select(JsonNamingPolicy.SnakeCaseLower.ConvertName)];

    /// <summary>The name in facts and alerts: not_allowed.</summary>
    public static string Name(this Unread reason) => Names[(int)reason];

    public static Counter Counter(this Unread reason) => reason switch
    {
        Unread.Stdin => Status.Counter.ManifestsUnreadStdin,
        Unread.Remote => Status.Counter.ManifestsUnreadRemote,
        Unread.Gone => Status.Counter.ManifestsUnreadGone,
        Unread.NotAllowed => Status.Counter.ManifestsUnreadNotAllowed,
        Unread.NotRegular => Status.Counter.ManifestsUnreadNotRegular,
        Unread.FileSystem => Status.Counter.ManifestsUnreadFileSystem,
        Unread.TooLarge => Status.Counter.ManifestsUnreadTooLarge,
        Unread.Changed => Status.Counter.ManifestsUnreadChanged,
        Unread.Budget => Status.Counter.ManifestsUnreadBudget,
        Unread.Invalid => Status.Counter.ManifestsUnreadInvalid,
        Unread.Unsupported => Status.Counter.ManifestsUnreadUnsupported,
        _ => throw new ArgumentOutOfRangeException(nameof(reason), reason, null),
    };
}
