using Tallyman.Agent.Model;

namespace Tallyman.Agent.CommandLines.Meanings;

/// <summary>-v SOURCE:DESTINATION[:OPTIONS]; each tool has its own idea of what is a path and what the name of a volume.</summary>
internal sealed class VolumeMeaning(Tool tool) : Meaning
{
    public override void Read(Reading reading, FlagUse? use)
    {
        if (use is not FlagUse given)
        {
            return;
        }

        string text = reading.Text(given);
        string[] fields = (tool == Tool.Nerdctl ? text.TrimStart(':') : text).Split(':', 3);
        if (fields.Length > 1 && IsPath(tool, fields[0])) // one field is a volume without a name
        {
            reading.AddMount(fields[0], fields[1], Reading.ArgOf(given));
        }
    }

    public static bool IsPath(Tool tool, string source) => tool switch
    {
        Tool.Nerdctl => source.Length > 0 && !IsNameOfVolume(source),
        Tool.Podman => source is ['/' or '.', ..],
        _ => source is ['/' or '.' or '~', ..],
    };

    private static bool IsNameOfVolume(string source) =>
        char.IsAsciiLetterOrDigit(source[0]) && source.All(static c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-');
}

/// <summary>--mount type=bind,source=…,target=… in docker's reading: keys and type without regard to case, the last of a key wins.</summary>
internal sealed class DockerMountMeaning : Meaning
{
    public override void Read(Reading reading, FlagUse? use)
    {
        if (use is not FlagUse given || Lists.Csv(reading.Text(given)) is not List<string> fields)
        {
            return;
        }

        string type = "volume";
        string? source = null;
        string? target = null;
        var options = new VolumeOptions();
        foreach ((string key, string? value) in Lists.Pairs(fields))
        {
            switch (key.ToLowerInvariant())
            {
                case "type":
                    type = value?.ToLowerInvariant() ?? "";
                    break;
                case "source" or "src":
                    source = value;
                    break;
                case "target" or "dst" or "destination":
                    target = value;
                    break;
                case "volume-driver":
                    options.Driver = value;
                    break;
                case "volume-opt" when value is not null:
                    options.Add(value);
                    break;
            }
        }

        if (type == "bind" && source is { Length: > 0 })
        {
            reading.AddMount(source, target, Reading.ArgOf(given));
        }
        else if (type == "volume")
        {
            foreach (string mounted in options.Mounted)
            {
                reading.AddMount(mounted, target, Reading.ArgOf(given));
            }
        }
    }
}

/// <summary>podman's --mount: keys as they are written, and a bind without a source takes the directory it is mounted at.</summary>
internal sealed class PodmanMountMeaning : Meaning
{
    public override void Read(Reading reading, FlagUse? use)
    {
        if (use is not FlagUse given || Lists.Csv(reading.Text(given)) is not List<string> fields)
        {
            return;
        }

        string type = "volume";
        string? source = null;
        string? target = null;
        foreach ((string key, string? value) in Lists.Pairs(fields))
        {
            switch (key)
            {
                case "type":
                    type = value ?? "";
                    break;
                case "source" or "src":
                    source = value;
                    break;
                case "target" or "dst" or "dest" or "destination":
                    target = value;
                    break;
            }
        }

        source ??= target;
        if (type is "bind" or "glob" && source is { Length: > 0 })
        {
            reading.AddMount(source, target ?? source, Reading.ArgOf(given));
        }
    }
}

/// <summary>nerdctl's --mount: split at every comma, and a path as source of a volume makes a bind of it.</summary>
internal sealed class NerdctlMountMeaning : Meaning
{
    public override void Read(Reading reading, FlagUse? use)
    {
        if (use is not FlagUse given)
        {
            return;
        }

        string type = "volume";
        string? source = null;
        string? target = null;
        foreach ((string key, string? value) in Lists.Pairs(reading.Text(given).Split(',')))
        {
            switch (key.ToLowerInvariant())
            {
                case "type":
                    type = value ?? "";
                    break;
                case "source" or "src":
                    source = value;
                    break;
                case "target" or "dst" or "destination":
                    target = value;
                    break;
            }
        }

        if (source is { Length: > 0 } && (type == "bind" || (type == "volume" && VolumeMeaning.IsPath(Tool.Nerdctl, source))))
        {
            reading.AddMount(source, target, Reading.ArgOf(given));
        }
    }
}

/// <summary>ctr's --mount: what stands there goes to the kernel, whatever the type. Options are separated by colons.</summary>
internal sealed class CtrMountMeaning : Meaning
{
    public override void Read(Reading reading, FlagUse? use)
    {
        if (use is not FlagUse given || Lists.Csv(reading.Text(given)) is not List<string> fields)
        {
            return;
        }

        string? source = null;
        string? target = null;
        string[] options = [];
        foreach ((string key, string? value) in Lists.Pairs(fields))
        {
            switch (key)
            {
                case "source" or "src":
                    source = value;
                    break;
                case "destination" or "dst":
                    target = value;
                    break;
                case "options":
                    options = value?.Split(':') ?? [];
                    break;
            }
        }

        // A path is a directory that is bound, or a device whose file system is mounted; tmpfs and proc have a word there.
        if (source is ['/' or '.', ..])
        {
            reading.AddMount(source, target, Reading.ArgOf(given));
        }

        foreach ((string key, string? value) in Lists.Pairs(options))
        {
            if (key is "lowerdir" or "upperdir" && value is ['/', ..])
            {
                reading.AddMount(value, target, Reading.ArgOf(given));
            }
        }
    }
}

/// <summary>A switch that mounts something without naming it.</summary>
internal sealed class FixedMountMeaning(string source) : Meaning
{
    public override void Read(Reading reading, FlagUse? use)
    {
        if (use is FlagUse given && reading.IsOn(given))
        {
            reading.AddMount(source, source, given.Arg);
        }
    }
}

/// <summary>The directory of the host that takes the place of an image.</summary>
internal sealed class RootfsMeaning : Meaning
{
    /// <summary>podman: an overlay above it, so that it is only read.</summary>
    private const string Overlay = ":O";

    public override void Read(Reading reading, FlagUse? use)
    {
        if (reading.Positional(reading.Places.Rootfs) is not (int arg and >= 0))
        {
            return;
        }

        string directory = reading.Line.Text(arg);
        directory = directory.EndsWith(Overlay, StringComparison.Ordinal) ? directory[..^Overlay.Length] : directory;
        reading.AddPath(FactKind.Rootfs, HostPath.Clean(directory), arg);
    }
}

/// <summary>-o of "volume create": the local driver can make a volume of what the host has, which is later mounted by name.</summary>
internal sealed class VolumeOptionsMeaning : Meaning
{
    public override void Read(Reading reading, FlagUse? use)
    {
        var options = new VolumeOptions { Driver = reading.Last("driver") is FlagUse driver ? reading.Text(driver) : null };
        int arg = -1;
        foreach (FlagUse option in reading.Line.Flags.Where(flag => flag.Flag.Long == "opt"))
        {
            string text = reading.Text(option);
            options.Add(text);
            if (text.StartsWith("device=", StringComparison.Ordinal))
            {
                arg = Reading.ArgOf(option);
            }
        }

        foreach (string mounted in options.Mounted)
        {
            reading.AddMount(mounted, null, arg);
        }
    }
}

/// <summary>Options of docker's local volume driver, which are those of mount(8).</summary>
internal sealed class VolumeOptions
{
    private readonly Dictionary<string, string> _options = new(StringComparer.Ordinal);

    public string? Driver { get; set; }

    /// <summary>What of the host the volume is: a directory, a disk, or the layers of an overlay.</summary>
    public IEnumerable<string> Mounted
    {
        get
        {
            if (Driver is not (null or "" or "local"))
            {
                return [];
            }

            string[] options = _options.GetValueOrDefault("o", "").Split(',', StringSplitOptions.TrimEntries);
            if (_options.GetValueOrDefault("type") == "overlay")
            {
                return Lists.Pairs(options)
                    .Where(static option => option.Key is "lowerdir" or "upperdir")
                    .SelectMany(static option => option.Value?.Split(':') ?? [])
                    .Where(static layer => layer is ['/', ..]);
            }

            return _options.GetValueOrDefault("device") is ['/' or '.' or '~', ..] device
                && (options.Contains("bind") || options.Contains("rbind") || device.StartsWith("/dev/", StringComparison.Ordinal)) ? [device] : [];
        }
    }

    public void Add(string option)
    {
        int equals = option.IndexOf('=', StringComparison.Ordinal);
        if (equals > 0)
        {
            _options[option[..equals]] = option[(equals + 1)..];
        }
    }
}
