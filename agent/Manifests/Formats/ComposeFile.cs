using Tallyman.Agent.CommandLines.Meanings;
using Tallyman.Agent.Model;

namespace Tallyman.Agent.Manifests.Formats;

/// <summary>
/// A compose project as one file: the services that a command is about, and the volumes and networks that these use.
/// </summary>
internal static class ComposeFile
{
    public static void Read(ManifestReading reading, Cursor file, ManifestFormat format, ComposeSelection selection)
    {
        HashSet<string> selected = selection.In(file["services"]);
        foreach (Cursor service in file["services"].Entries.Where(service => selected.Contains(service.Key)))
        {
            if (format != ManifestFormat.ComposeStack)
            {
                ComposeService.ReadBuild(reading, service["build"], file);
            }

            if (format != ManifestFormat.ComposeBuild)
            {
                ComposeService.Read(reading, service, file, format);
            }
        }

        if (format != ManifestFormat.ComposeBuild)
        {
            ReadVolumes(reading, file, selected);
            ReadNetworks(reading, file, selected);
        }
    }

    /// <summary>The words that compose takes for true; quotes make no difference to it.</summary>
    public static bool IsOn(Cursor at) => at.Text?.ToLowerInvariant() is "true" or "yes" or "y" or "on";

    /// <summary>A path with the caller's home directory for "~".</summary>
    public static string? InHome(ManifestReading reading, string? path) =>
        path is ['~'] or ['~', '/', ..] && reading.Context.Environment("HOME") is string home ? home + path[1..] : path;

    /// <summary>A volume of the local driver can be a directory or a disk of the host.</summary>
    private static void ReadVolumes(ManifestReading reading, Cursor file, HashSet<string> selected)
    {
        ILookup<string, string?> destinations = file["services"].Entries
            .Where(service => selected.Contains(service.Key))
            .SelectMany(static service => service["volumes"].Items)
            .ToLookup(NameOf, DestinationOf);
        foreach (Cursor volume in file["volumes"].Entries)
        {
            var options = new VolumeOptions { Driver = volume["driver"].Text };
            foreach (Cursor option in volume["driver_opts"].Entries)
            {
                options.Add($"{option.Key}={option.Text}");
            }

            Cursor device = volume["driver_opts"]["device"];
            foreach (string mounted in options.Mounted)
            {
                foreach (string? destination in destinations[volume.Key])
                {
                    reading.AddMount(mounted == device.Text ? device : volume["driver_opts"]["o"], InHome(reading, mounted), destination);
                }
            }
        }
    }

    /// <summary>What a service uses: the name, with a ':' and more behind it for volumes, or source and target.</summary>
    public static string NameOf(Cursor use) => (use.IsMapping ? use["source"].Text : use.Text?.Split(':', 2)[0]) ?? "";

    private static string? DestinationOf(Cursor use) =>
        use.IsMapping ? use["target"].Text : use.Text?.Split(':', 3) is [_, string destination, ..] ? destination : null;

    /// <summary>A name for a network that exists, and one exists that is the host's.</summary>
    private static void ReadNetworks(ManifestReading reading, Cursor file, HashSet<string> selected)
    {
        HashSet<string> used = [.. file["services"].Entries
            .Where(service => selected.Contains(service.Key))
            .SelectMany(static service => service["networks"].Items.Select(static network => network.Text ?? "").Concat(service["networks"].Entries.Select(static network => network.Key)))
            .Append("default")];
        foreach (Cursor network in file["networks"].Entries.Where(network => used.Contains(network.Key)))
        {
            Cursor external = network["external"];
            Cursor name = external["name"].Exists ? external["name"] : network["name"];
            if ((external.IsMapping || IsOn(external)) && (name.Text ?? network.Key) == "host")
            {
                reading.Add(FactKind.HostNet, name.Exists ? name : network);
            }
        }
    }
}
