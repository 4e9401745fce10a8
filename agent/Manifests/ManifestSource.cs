using Tallyman.Agent.Manifests.Formats;
using Tallyman.Agent.Model;

namespace Tallyman.Agent.Manifests;

/// <summary>A text that a command line names, and how it is reached.</summary>
/// <param name="Name">As it is named, for people.</param>
/// <param name="Arg">Index in argv of what names it; -1 if nothing does.</param>
internal abstract record ManifestSource(ManifestFormat Format, string Name, int Arg);

/// <summary>It is an argument itself.</summary>
internal sealed record ArgumentSource(ManifestFormat Format, string Name, int Arg, HostText Text) : ManifestSource(Format, Name, Arg);

/// <summary>It is a file.</summary>
/// <param name="Path">Absolute in the root of the process; what is in it (links, "..") is the kernel's to follow.</param>
internal sealed record FileSource(ManifestFormat Format, string Name, int Arg, RootedPath Path) : ManifestSource(Format, Name, Arg)
{
    public InDirectory InDirectory { get; init; }

    /// <summary>How many files, or directories, lie between the command line and it.</summary>
    public int Depth { get; init; }
}

/// <summary>It is a compose project.</summary>
/// <param name="Files">Those that are named, the later over the earlier; none if the directory, or the nearest one above that has any, says which.</param>
/// <param name="Directory">Where to look for it.</param>
internal sealed record ComposeSource(ManifestFormat Format, IReadOnlyList<FileSource> Files, RootedPath Directory) : ManifestSource(Format, "compose.yaml", -1)
{
    /// <summary>Where relative paths start from, if not in the directory of the first file.</summary>
    public RootedPath? Project { get; init; }

    /// <summary>The files of variables that are named; null for the project's own.</summary>
    public IReadOnlyList<RootedPath>? Variables { get; init; }

    public ComposeSelection Selection { get; init; } = ComposeSelection.All;
}

/// <summary>It cannot be reached.</summary>
internal sealed record UnreachableSource(string Name, int Arg, Unread Reason) : ManifestSource(default, Name, Arg);

/// <summary>What is read of a directory.</summary>
internal enum InDirectory
{
    /// <summary>Nothing: a file is expected.</summary>
    Nothing,

    /// <summary>Its manifests, by the ends of their names.</summary>
    Manifests,

    /// <summary>Those of the directories below it too.</summary>
    ManifestsBelow,

    /// <summary>Its kustomization.</summary>
    Kustomization,
}
