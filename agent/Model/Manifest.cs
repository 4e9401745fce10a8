namespace Tallyman.Agent.Model;

/// <summary>A text that says more of what a command line asks for: a file that it names, or one of its arguments.</summary>
/// <param name="Name">As the command line names it; with the directory that it was found in, where that was named.</param>
/// <param name="Arg">Index in argv of what names it; -1 if the tool finds it by itself.</param>
public sealed record Manifest(string Name, int Arg)
{
    /// <summary>
    /// Of the whole text, so that equal ones can be found; null for arguments and for files of variables, of which a digest
    /// could give a short secret away.
    /// </summary>
    public string? Sha256 { get; init; }

    /// <summary>Why it, or a part of it, was not read: gone, not_allowed, …; null if it was.</summary>
    public string? Unread { get; init; }
}

/// <summary>A flag that is a manifest or says how manifests are to be read: --overrides, --recursive.</summary>
/// <param name="Flag">Its long name.</param>
/// <param name="Value">Byte by byte as it was given; empty for a switch.</param>
public sealed record ManifestOption(string Flag, HostText Value, int Arg);
