using System.Collections.Immutable;

namespace Tallyman.Agent.Configuration;

/// <summary>Where configuration is looked for.</summary>
/// <param name="Files">Given by name: they must be there.</param>
/// <param name="Directories">Each with its *.yaml in the order of their names.</param>
internal sealed record ConfigurationPlaces(ImmutableArray<string> Files, ImmutableArray<string> Directories)
{
    public const string Vendor = "/usr/lib/tallyman";
    public const string Site = "/etc/tallyman/tallyman.yaml";
    public const string SiteDirectory = "/etc/tallyman/conf.d";

    /// <param name="file">In the place of all that the system has; null for those.</param>
    public static ConfigurationPlaces Of(string? file) => file is null
        ? new([Site], [Vendor, SiteDirectory])
        : new([file], []);

    /// <summary>What is there at the moment, in the order in which it counts: what comes later wins.</summary>
    /// <exception cref="ConfigurationException">A directory cannot be read.</exception>
    public ImmutableArray<string> Present()
    {
        try
        {
            return
            [
                .. Directories.Take(1).SelectMany(YamlIn),
                .. Files.Where(static file => file != Site || File.Exists(file)),
                .. Directories.Skip(1).SelectMany(YamlIn),
            ];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException([e.Message]);
        }
    }

    private static IEnumerable<string> YamlIn(string directory) =>
        Directory.Exists(directory) ? Directory.EnumerateFiles(directory, "*.yaml").Order(StringComparer.Ordinal) : [];
}
