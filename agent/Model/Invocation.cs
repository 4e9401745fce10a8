using System.Collections.Immutable;

namespace Tallyman.Agent.Model;

/// <summary>A command line as the tool itself reads it.</summary>
/// <param name="Command">Canonical words without the tool, "container run"; empty if there is none.</param>
public sealed record Invocation(Tool Tool, string Command)
{
    /// <summary>The image that is run, created, pulled or debugged with; null if none is named or it cannot be told.</summary>
    public string? Image { get; init; }

    /// <summary>Everything that was read.</summary>
    public ImmutableArray<Fact> Facts { get; init; } = [];

    /// <summary>The flags that are manifests or say how those are read, the last of each.</summary>
    public ImmutableArray<ManifestOption> ManifestOptions { get; init; } = [];

    /// <summary>Whether it only asks for help, so that nothing is done.</summary>
    public bool IsHelp { get; init; }

    /// <summary>Whether it only shows what would be done, and changes nothing.</summary>
    public bool IsDryRun { get; init; }

    /// <summary>The texts beyond argv that it depends on, read or not.</summary>
    public ImmutableArray<Manifest> Manifests { get; init; } = [];

    /// <summary>Whether it is of no interest: of none of the six tools, and no talk with a container runtime.</summary>
    public bool SaysNothing => !Tool.IsContainerTool() && Facts.IsEmpty;

    /// <summary>Why the tool's flag and command syntax rejects the command line; null if it does not.</summary>
    public string? Error { get; init; }

    /// <summary>What is odd, and may make the tool refuse later.</summary>
    public ImmutableArray<string> Warnings { get; init; } = [];
}
