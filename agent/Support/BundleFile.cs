namespace Tallyman.Agent.Support;

/// <summary>One file of a bundle.</summary>
/// <param name="What">A phrase for the list of contents.</param>
/// <param name="IsMissing">The text says why there is nothing else.</param>
internal sealed record BundleFile(string Name, string What, string Text, bool IsMissing);
