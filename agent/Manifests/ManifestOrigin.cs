namespace Tallyman.Agent.Manifests;

/// <summary>The document in which something stands, of a project that several make up.</summary>
/// <param name="Name">For evidence: "compose.yaml#1".</param>
/// <param name="Directory">Where its relative paths start from, absolute; null if not known.</param>
/// <param name="Arg">Index in argv of what names the file; -1 if nothing does.</param>
internal sealed record ManifestOrigin(string Name, string? Directory, int Arg);
