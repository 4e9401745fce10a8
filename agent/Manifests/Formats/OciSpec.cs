using Tallyman.Agent.CommandLines.Meanings;
using Tallyman.Agent.Model;

namespace Tallyman.Agent.Manifests.Formats;

/// <summary>
/// config.json of the OCI runtime specification. It is complete: what it does not say is not done, so that a namespace
/// that it leaves out is the host's.
/// </summary>
internal static class OciSpec
{
    private static readonly (string Type, string Kind, FactKind? Host)[] Namespaces =
    [
        ("pid", "pid", FactKind.HostPid),
        ("network", "net", FactKind.HostNet),
        ("ipc", "ipc", FactKind.HostIpc),
        ("uts", "uts", FactKind.HostUts),
        ("user", "userns", FactKind.HostUserns),
        ("cgroup", "cgroup", FactKind.HostCgroupns),
        ("mount", "mnt", null),
    ];

    /// <summary>Hooks that the runtime runs on the host; startContainer runs in the container.</summary>
    private static readonly string[] HostHooks = ["prestart", "createRuntime", "createContainer", "poststart", "poststop"];

    /// <summary>What containerd and docker give to every container that asks for nothing, and so is none added.</summary>
    private static readonly HashSet<string> Usual = new(StringComparer.Ordinal)
    {
        "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "NET_RAW", "SETFCAP",
        "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT",
    };

    public static void Read(ManifestReading reading, Cursor spec)
    {
        Cursor process = spec["process"];
        foreach (Cursor capability in process["capabilities"].Entries.SelectMany(static set => set.Items))
        {
            if (capability.Text is string text && CapabilityMeaning.NameOf(text) is string name && !Usual.Contains(name))
            {
                reading.Add(FactKind.CapAdd, capability, name);
            }
        }

        reading.IfNumber(FactKind.RootUser, process["user"]["uid"], 0);
        reading.IfEquals(FactKind.NoApparmor, process["apparmorProfile"], "unconfined");
        if (process["selinuxLabel"].Text?.Split(':') is [_, _, "spc_t", ..])
        {
            reading.Add(FactKind.NoSelinux, process["selinuxLabel"]);
        }

        foreach (Cursor variable in process["env"].Items)
        {
            reading.Variable(variable);
        }

        reading.Command(process["args"]);
        reading.IfPath(FactKind.Rootfs, spec["root"]["path"]);
        foreach (Cursor mount in spec["mounts"].Items)
        {
            ReadMount(reading, mount);
        }

        foreach (Cursor hook in HostHooks.SelectMany(kind => spec["hooks"][kind].Items))
        {
            reading.IfPath(FactKind.HostExec, hook["path"]);
        }

        if (spec["linux"].Exists)
        {
            ReadLinux(reading, spec["linux"]);
        }
    }

    private static void ReadLinux(ManifestReading reading, Cursor linux)
    {
        ILookup<string?, Cursor> namespaces = linux["namespaces"].Items.ToLookup(static each => each["type"].Text);
        foreach ((string type, string kind, FactKind? host) in Namespaces)
        {
            if (!namespaces.Contains(type))
            {
                AddHost(reading, linux["namespaces"], kind, host, "host");
            }

            foreach (Cursor path in namespaces[type].Select(static each => each["path"]))
            {
                if (path.Text is ['/', ..] file && HostPath.Clean(file).StartsWith("/proc/1/ns/", StringComparison.Ordinal))
                {
                    AddHost(reading, path, kind, host, $"ns:{file}");
                }
                else if (path.Text is { Length: > 0 } joined)
                {
                    reading.Add(FactKind.JoinNs, path, $"{kind}=ns:{joined}");
                }
            }
        }

        foreach (Cursor device in linux["devices"].Items)
        {
            reading.IfPath(FactKind.Device, device["path"]);
        }

        if (!linux["maskedPaths"].Items.Any())
        {
            reading.Add(FactKind.UnmaskedPaths, linux["maskedPaths"]);
        }
    }

    private static void AddHost(ManifestReading reading, Cursor at, string kind, FactKind? host, string target)
    {
        if (host is FactKind fact)
        {
            reading.Add(fact, at);
        }
        else
        {
            reading.Add(FactKind.JoinNs, at, $"{kind}={target}");
        }
    }

    /// <summary>
    /// Whatever the kernel mounts from a path of the host: a directory, a block device, the layers of an overlay.
    /// </summary>
    private static void ReadMount(ManifestReading reading, Cursor mount)
    {
        Cursor source = mount["source"];
        string? destination = mount["destination"].Text;
        bool isBind = mount["type"].Text == "bind" || mount["options"].Items.Any(static option => option.Text is "bind" or "rbind");
        if (isBind || source.Text is ['/', ..])
        {
            reading.AddMount(source, source.Text, destination);
        }

        foreach (Cursor option in mount["options"].Items)
        {
            if (option.Text?.Split('=', 2) is ["lowerdir" or "upperdir", string layers])
            {
                foreach (string layer in layers.Split(':'))
                {
                    reading.AddMount(option, layer, destination);
                }
            }
        }
    }
}
