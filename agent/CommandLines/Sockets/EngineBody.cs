using System.Globalization;
using System.Text;
using System.Text.Json;
using Tallyman.Agent.CommandLines.Meanings;
using Tallyman.Agent.Model;

namespace Tallyman.Agent.CommandLines.Sockets;

/// <summary>Walks the body of a request. Keys are those of docker's API 1.52 and of libpod's specgen 5.8, in any case, as Go reads them.</summary>
internal sealed class EngineBody(Reading reading, string name, int arg)
{
    /// <summary>Words of an inner command that are looked at.</summary>
    private const int MostWords = 4096;

    /// <summary>Reads an object: the body itself, or a part of it that holds the same kind of keys.</summary>
    /// <param name="place">Path of the object in the body.</param>
    public void Read(string place, JsonElement element)
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            return;
        }

        List<string> entrypoint = [];
        List<string> command = [];
        var options = new VolumeOptions();
        foreach (JsonProperty property in element.EnumerateObject())
        {
            string path = place.Length == 0 ? property.Name : $"{place}.{property.Name}";
            int before = reading.Facts.Count;
            switch (JsonText.Fold(property.Name))
            {
                case "hostconfig" or "tasktemplate" or "containerspec":
                    Read(path, property.Value);
                    break;
                case "entrypoint":
                    entrypoint = [.. property.Value.Texts().Take(MostWords)];
                    break;
                case "cmd" or "command":
                    command = [.. property.Value.Texts().Take(MostWords)];
                    break;
                case "driver":
                    options.Driver = property.Value.Text();
                    break;
                case "driveropts" or "options":
                    AddOptions(options, property.Value);
                    break;
                default:
                    ReadKey(JsonText.Fold(property.Name), path, property.Value);
                    break;
            }

            Mark(before, path);
        }

        int facts = reading.Facts.Count;
        InnerCommands.Read(reading, [.. entrypoint, .. command], arg);
        foreach (string mounted in options.Mounted)
        {
            reading.AddMount(mounted, null, arg);
        }

        Mark(facts, place);
    }

    private void ReadKey(string key, string path, JsonElement value)
    {
        switch (key)
        {
            case "privileged" when value.ValueKind == JsonValueKind.True:
                reading.Add(FactKind.Privileged);
                break;
            case "networkmode" or "netns":
                NamespaceMeaning.Read(reading, FactKind.HostNet, "net", NamespaceOf(value), arg);
                break;
            case "pidmode" or "pidns":
                NamespaceMeaning.Read(reading, FactKind.HostPid, "pid", NamespaceOf(value), arg);
                break;
            case "ipcmode" or "ipcns":
                NamespaceMeaning.Read(reading, FactKind.HostIpc, "ipc", NamespaceOf(value), arg);
                break;
            case "utsmode" or "utsns":
                NamespaceMeaning.Read(reading, FactKind.HostUts, "uts", NamespaceOf(value), arg);
                break;
            case "usernsmode" or "userns":
                NamespaceMeaning.Read(reading, FactKind.HostUserns, "user", NamespaceOf(value), arg);
                break;
            case "cgroupnsmode" or "cgroupns":
                NamespaceMeaning.Read(reading, FactKind.HostCgroupns, "cgroup", NamespaceOf(value), arg);
                break;
            case "binds":
                ReadBinds(path, value);
                break;
            case "mounts":
                ReadEach(path, value, ReadMount);
                break;
            case "volumesfrom" or "volumes_from":
                AddTexts(FactKind.VolumesFrom, value);
                break;
            case "devices" or "host_device_list":
                ReadEach(path, value, device => AddPath(FactKind.Device, device.FindText("pathonhost") ?? device.FindText("path")));
                break;
            case "devicerequests" when value is { ValueKind: JsonValueKind.Array } && value.GetArrayLength() > 0:
                reading.Add(FactKind.Gpus);
                break;
            case "capadd" or "cap_add" or "capabilityadd":
                foreach (string capability in value.Texts().Select(CapabilityMeaning.NameOf).OfType<string>())
                {
                    reading.Add(FactKind.CapAdd, capability);
                }

                break;
            case "securityopt":
                foreach (string option in value.Texts())
                {
                    ReadSecurityOption(option);
                }

                break;
            case "seccomp_profile_path" when value.Text() is string profile:
                AddProfile(profile);
                break;
            case "apparmor_profile" when value.Text() == "unconfined":
                reading.Add(FactKind.NoApparmor);
                break;
            case "selinux_opts" when value.Texts().Any(static option => option is "disable" or "type:spc_t"):
                reading.Add(FactKind.NoSelinux);
                break;
            case "maskedpaths" or "readonlypaths" when value.ValueKind == JsonValueKind.Array && value.GetArrayLength() == 0:
            case "unmask" when value.Texts().Any():
                reading.Add(FactKind.UnmaskedPaths);
                break;
            case "cgroupparent" or "cgroup_parent":
                AddText(FactKind.CgroupParent, value);
                break;
            case "runtime" or "oci_runtime":
                AddText(FactKind.Runtime, value);
                break;
            case "rootfs":
                AddPath(FactKind.Rootfs, value.Text());
                break;
            case "user" when value.Text()?.Split(':')[0] is "0" or "root":
                reading.Add(FactKind.RootUser);
                break;
            case "env":
                ReadEnvironment(value);
                break;
            case "env_host" when value.ValueKind == JsonValueKind.True:
                reading.Add(FactKind.HostEnv);
                break;
            case "image" when value.Text() is { Length: > 0 } image:
                reading.Image = image;
                break;
        }
    }

    /// <summary>A name, or libpod's {"nsmode": "path", "value": "…"}, in the words of the command line.</summary>
    private static string NamespaceOf(JsonElement value) => value.ValueKind != JsonValueKind.Object
        ? value.Text() ?? ""
        : value.FindText("nsmode") switch
        {
            "container" => $"container:{value.FindText("value")}",
            "path" => $"ns:{value.FindText("value")}",
            string mode => mode,
            null => "",
        };

    private void ReadBinds(string path, JsonElement binds)
    {
        int index = 0;
        foreach (string bind in binds.Texts())
        {
            int before = reading.Facts.Count;
            if (bind.Split(':', 3) is [['/', ..] source, string destination, ..])
            {
                reading.AddMount(source, destination, arg);
            }

            Mark(before, Item(path, index++));
        }
    }

    private void ReadMount(JsonElement mount)
    {
        string? source = mount.FindText("source");
        string? target = mount.FindText("target") ?? mount.FindText("destination");
        string? type = mount.FindText("type");
        if (type is "bind" or "rbind" or null or "none" && source is ['/' or '.', ..])
        {
            reading.AddMount(source, target, arg);
            return;
        }

        if (mount.Find("volumeoptions") is JsonElement volume && volume.Find("driverconfig") is JsonElement driver)
        {
            var options = new VolumeOptions { Driver = driver.FindText("name") };
            AddOptions(options, driver.Find("options") ?? default);
            foreach (string mounted in options.Mounted)
            {
                reading.AddMount(mounted, target, arg);
            }
        }
    }

    private void ReadSecurityOption(string option)
    {
        int separator = option.IndexOf('=', StringComparison.Ordinal) is int equals and >= 0 ? equals : option.IndexOf(':', StringComparison.Ordinal);
        switch (separator < 0 ? "" : option[..separator], option[(separator + 1)..])
        {
            case ("seccomp", "unconfined"):
                reading.Add(FactKind.NoSeccomp);
                break;
            case ("apparmor", "unconfined"):
                reading.Add(FactKind.NoApparmor);
                break;
            case ("label", "disable" or "type:spc_t"):
                reading.Add(FactKind.NoSelinux);
                break;
            case ("no-new-privileges", string value) when Pflag.ParseBool(Encoding.UTF8.GetBytes(value)) == false:
                reading.Add(FactKind.NewPrivileges);
                break;
        }
    }

    private void AddProfile(string profile)
    {
        if (profile == "unconfined")
        {
            reading.Add(FactKind.NoSeccomp);
        }
        else
        {
            AddPath(FactKind.SeccompFile, profile);
        }
    }

    private void ReadEnvironment(JsonElement value)
    {
        IEnumerable<string> variables = value.ValueKind == JsonValueKind.Object ? value.EnumerateObject().Select(static each => each.Name) : value.Texts();
        foreach (string variable in variables)
        {
            if (variable.Split('=', 2)[0] is { Length: > 0 } key)
            {
                reading.Add(FactKind.EnvironmentVariable, key);
            }
        }
    }

    private void ReadEach(string path, JsonElement array, Action<JsonElement> read)
    {
        if (array.ValueKind != JsonValueKind.Array)
        {
            return;
        }

        int index = 0;
        foreach (JsonElement item in array.EnumerateArray())
        {
            int before = reading.Facts.Count;
            read(item);
            Mark(before, Item(path, index++));
        }
    }

    private void AddText(FactKind kind, JsonElement value)
    {
        if (value.Text() is { Length: > 0 } text)
        {
            reading.Add(kind, text);
        }
    }

    private void AddTexts(FactKind kind, JsonElement value)
    {
        foreach (string text in value.Texts().Where(static text => text.Length > 0))
        {
            reading.Add(kind, text);
        }
    }

    private void AddPath(FactKind kind, string? path)
    {
        if (path is { Length: > 0 })
        {
            reading.AddPath(kind, HostPath.Clean(path), arg);
        }
    }

    private static void AddOptions(VolumeOptions options, JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Object)
        {
            foreach (JsonProperty option in value.EnumerateObject())
            {
                options.Add($"{option.Name}={option.Value.Text()}");
            }
        }
    }

    /// <summary>Says of the facts since then where they stand, as far as nobody has said so more exactly.</summary>
    private void Mark(int from, string path)
    {
        for (int i = from; i < reading.Facts.Count; i++)
        {
            Fact fact = reading.Facts[i];
            reading.Facts[i] = fact.Evidence is null ? fact with { Arg = arg, Evidence = $"{name} {path}".TrimEnd() } : fact;
        }
    }

    private static string Item(string path, int index) => string.Create(CultureInfo.InvariantCulture, $"{path}[{index}]");
}
