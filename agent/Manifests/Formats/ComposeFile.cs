using Tallyman.Agent.CommandLines.Meanings;
using Tallyman.Agent.Model;

namespace Tallyman.Agent.Manifests.Formats;

/// <summary>
/// A compose file. All services count, whichever the command line starts; what one inherits from another in the same file
/// is read where it stands.
/// </summary>
internal static class ComposeFile
{
    public static void Read(ManifestReading reading, Cursor file, ManifestFormat format)
    {
        foreach (Cursor service in file["services"].Entries)
        {
            ComposeService.ReadBuild(reading, service["build"], file);
            reading.AddReference(format, service["extends"]["file"]);
            if (format == ManifestFormat.Compose)
            {
                ComposeService.Read(reading, service, file);
            }
        }

        if (format == ManifestFormat.Compose)
        {
            ReadVolumes(reading, file);
            ReadUnusedFiles(reading, file, "secrets");
            ReadUnusedFiles(reading, file, "configs");
            ReadNetworks(reading, file["networks"]);
        }

        foreach (Cursor each in file["include"].ItemsOrSelf)
        {
            foreach (Cursor path in (each.IsMapping ? each["path"] : each).ItemsOrSelf)
            {
                reading.AddReference(format, path);
            }
        }
    }

    /// <summary>The words that compose takes for true; quotes make no difference to it.</summary>
    public static bool IsOn(Cursor at) => at.Text?.ToLowerInvariant() is "true" or "yes" or "y" or "on";

    /// <summary>A path with the caller's home directory for "~".</summary>
    public static string? InHome(ManifestReading reading, string? path) =>
        path is ['~'] or ['~', '/', ..] && reading.Context.Environment("HOME") is string home ? home + path[1..] : path;

    /// <summary>
    /// A volume of the local driver can be a directory or a disk of the host. It counts whether or not a service of this file mounts
    /// it: one of another file can.
    /// </summary>
    private static void ReadVolumes(ManifestReading reading, Cursor file)
    {
        ILookup<string, string?> destinations = file["services"].Entries
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
                foreach (string? destination in destinations[volume.Key].DefaultIfEmpty())
                {
                    reading.AddMount(mounted == device.Text ? device : volume["driver_opts"]["o"], InHome(reading, mounted), destination);
                }
            }
        }
    }

    /// <summary>Where they are used, the service says for what; where they are not, one of another file can mount them.</summary>
    private static void ReadUnusedFiles(ManifestReading reading, Cursor file, string kind)
    {
        HashSet<string> used = [.. file["services"].Entries
            .SelectMany(service => service[kind].Items.Concat(service["build"][kind].Items))
            .Select(NameOf)];
        foreach (Cursor definition in file[kind].Entries.Where(definition => !used.Contains(definition.Key)))
        {
            reading.AddMount(definition["file"], InHome(reading, definition["file"].Text));
        }
    }

    /// <summary>What a service uses: the name, with a ':' and more behind it for volumes, or source and target.</summary>
    public static string NameOf(Cursor use) => (use.IsMapping ? use["source"].Text : use.Text?.Split(':', 2)[0]) ?? "";

    private static string? DestinationOf(Cursor use) =>
        use.IsMapping ? use["target"].Text : use.Text?.Split(':', 3) is [_, string destination, ..] ? destination : null;

    /// <summary>A name for a network that exists, and one exists that is the host's.</summary>
    private static void ReadNetworks(ManifestReading reading, Cursor networks)
    {
        foreach (Cursor network in networks.Entries)
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
