using Tallyman.Agent.Model;

namespace Tallyman.Agent.Manifests.Formats;

/// <summary>
/// A compose file. All services count, whichever the command line starts; what one inherits from another in the same file
/// is read where it stands.
/// </summary>
internal static class ComposeFile
{
    public static void Read(ManifestReading reading, Cursor file)
    {
        foreach (Cursor service in file["services"].Entries)
        {
            ComposeService.Read(reading, service, file);
        }

        ReadVolumes(reading, file);
        ReadUnusedFiles(reading, file, "secrets");
        ReadUnusedFiles(reading, file, "configs");
        foreach (Cursor network in file["networks"].Entries)
        {
            ReadNetwork(reading, network);
        }

        foreach (Cursor each in file["include"].ItemsOrSelf)
        {
            foreach (Cursor path in (each.IsMapping ? each["path"] : each).ItemsOrSelf)
            {
                reading.AddReference(ManifestFormat.Compose, path);
            }
        }
    }

    /// <summary>The words that compose takes for true; quotes make no difference to it.</summary>
    public static bool IsOn(Cursor at) => at.Text?.ToLowerInvariant() is "true" or "yes" or "y" or "on";

    /// <summary>A path with the caller's home directory for "~".</summary>
    public static string? InHome(ManifestReading reading, string? path) =>
        path is ['~'] or ['~', '/', ..] && reading.Context.Environment("HOME") is string home ? home + path[1..] : path;

    /// <summary>
    /// A volume of the local driver can be a directory of the host. It counts whether or not a service of this file mounts
    /// it: one of another file can.
    /// </summary>
    private static void ReadVolumes(ManifestReading reading, Cursor file)
    {
        ILookup<string, string?> destinations = file["services"].Entries
            .SelectMany(static service => service["volumes"].Items)
            .ToLookup(NameOf, DestinationOf);
        foreach (Cursor volume in file["volumes"].Entries)
        {
            Cursor options = volume["driver_opts"];
            Cursor device = options["device"];
            if (volume["driver"].Text is not (null or "" or "local")
                || !(options["o"].Text ?? "").Split(',').Any(static option => option.Trim() is "bind" or "rbind"))
            {
                continue;
            }

            foreach (string? destination in destinations[volume.Key].DefaultIfEmpty())
            {
                reading.AddMount(device, InHome(reading, device.Text), destination);
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
    private static void ReadNetwork(ManifestReading reading, Cursor network)
    {
        Cursor external = network["external"];
        if (external.IsMapping || IsOn(external))
        {
            Cursor name = external["name"].Exists ? external["name"] : network["name"];
            if ((name.Text ?? network.Key) == "host")
            {
                reading.Add(FactKind.HostNet, name.Exists ? name : network);
            }
        }
    }
}
