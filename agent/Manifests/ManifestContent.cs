using System.Collections.Immutable;
using Tallyman.Agent.Model;

namespace Tallyman.Agent.Manifests;

/// <summary>What a manifest asks for. The same facts that argv yields; nothing else of the text leaves its reader.</summary>
internal sealed record ManifestContent
{
    /// <summary>With -1 for the place in argv, and with file, document and path as evidence: "pod.yaml#1 spec.hostPID".</summary>
    public ImmutableArray<Fact> Facts { get; init; } = [];

    /// <summary>In the order of the text, each once, bounded.</summary>
    public ImmutableArray<string> Images { get; init; } = [];

    public ImmutableArray<ManifestReference> References { get; init; } = [];

    /// <summary>Why (part of) the text could not be read; facts before it still count.</summary>
    public string? Error { get; init; }
}

/// <summary>Another file that a manifest names: compose include, extends and env_file, kustomize resources and patches.</summary>
/// <param name="Path">As it is written; a URL stays a URL.</param>
internal sealed record ManifestReference(ManifestFormat Format, string Path)
{
    /// <summary>Where it stands, in a project of several files.</summary>
    public ManifestOrigin? Origin { get; init; }
}
