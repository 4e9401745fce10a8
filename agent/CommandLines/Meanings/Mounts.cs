using Tallyman.Agent.Model;

namespace Tallyman.Agent.CommandLines.Meanings;

/// <summary>-v SOURCE:DESTINATION[:OPTIONS].</summary>
internal sealed class VolumeMeaning : Meaning
{
    public override void Read(Reading reading, FlagUse? use)
    {
        if (use is not FlagUse given)
        {
            return;
        }

        // One field is a volume without a name; a source that is no path names a volume.
        string[] fields = reading.Text(given).Split(':', 3);
        if (fields.Length > 1 && fields[0] is ['/' or '.' or '~', ..])
        {
            reading.AddMount(fields[0], fields[1], Reading.ArgOf(given));
        }
    }
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
        else if (type == "volume" && options.BoundDirectory is string directory)
        {
            reading.AddMount(directory, target, Reading.ArgOf(given));
        }
    }
}

/// <summary>-o of "volume create": the local driver can make a volume of a directory of the host, which is later mounted by name.</summary>
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

        if (options.BoundDirectory is string directory)
        {
            reading.AddMount(directory, null, arg);
        }
    }
}

/// <summary>Options of docker's local volume driver, which are those of mount(8).</summary>
internal sealed class VolumeOptions
{
    private readonly Dictionary<string, string> _options = new(StringComparer.Ordinal);

    public string? Driver { get; set; }

    /// <summary>The directory of the host that the volume is; null if it is none.</summary>
    public string? BoundDirectory =>
        Driver is null or "" or "local"
        && _options.GetValueOrDefault("device") is ['/', ..] device
        && _options.GetValueOrDefault("o", "").Split(',').Any(static option => option is "bind" or "rbind")
            ? device
            : null;

    public void Add(string option)
    {
        int equals = option.IndexOf('=', StringComparison.Ordinal);
        if (equals > 0)
        {
            _options[option[..equals]] = option[(equals + 1)..];
        }
    }
}
