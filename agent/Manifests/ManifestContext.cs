namespace Tallyman.Agent.Manifests;

/// <summary>What a text depends on besides itself.</summary>
/// <param name="Directory">
/// Absolute directory that relative host paths start from (compose: the project directory); null if not known.
/// </param>
/// <param name="Environment">Variable of the calling process, null if unset or not known (compose interpolation).</param>
internal sealed record ManifestContext(string? Directory, Func<string, string?> Environment);
