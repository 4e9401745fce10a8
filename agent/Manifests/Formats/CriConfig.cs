using Tallyman.Agent.Model;

namespace Tallyman.Agent.Manifests.Formats;

/// <summary>
/// crictl's pods and containers: the messages of the Container Runtime Interface, whose enums are numbers. Most of what
/// the two may say is called the same.
/// </summary>
internal static class CriConfig
{
    private const int Node = 2;
    private const int Target = 3;
    private const int Unconfined = 1;

    public static void Read(ManifestReading reading, Cursor config)
    {
        Cursor security = config["linux"]["security_context"];
        reading.IfTrue(FactKind.Privileged, security["privileged"]);

        Cursor namespaces = security["namespace_options"];
        reading.IfNumber(FactKind.HostNet, namespaces["network"], Node);
        reading.IfNumber(FactKind.HostPid, namespaces["pid"], Node);
        reading.IfNumber(FactKind.HostIpc, namespaces["ipc"], Node);
        reading.IfNumber(FactKind.HostUserns, namespaces["userns_options"]["mode"], Node);
        if (namespaces["pid"].Number == Target && namespaces["target_id"].Text is string target)
        {
            reading.Add(FactKind.JoinNs, namespaces["target_id"], $"pid=container:{target}");
        }

        reading.IfNumber(FactKind.NoSeccomp, security["seccomp"]["profile_type"], Unconfined);
        reading.IfEquals(FactKind.NoSeccomp, security["seccomp_profile_path"], "unconfined");
        SeccompFile(reading, security["seccomp"]["localhost_ref"]);
        SeccompFile(reading, security["seccomp_profile_path"]);
        reading.IfNumber(FactKind.NoApparmor, security["apparmor"]["profile_type"], Unconfined);
        reading.IfEquals(FactKind.NoApparmor, security["apparmor_profile"], "unconfined");
        reading.IfEquals(FactKind.NoSelinux, security["selinux_options"]["type"], "spc_t");
        foreach (string paths in (string[])["masked_paths", "readonly_paths"])
        {
            if (security[paths].IsSequence && !security[paths].Items.Any())
            {
                reading.Add(FactKind.UnmaskedPaths, security[paths]);
            }
        }

        reading.Capabilities(security["capabilities"]["add_capabilities"]);
        reading.Capabilities(security["capabilities"]["add_ambient_capabilities"]);
        reading.IfNumber(FactKind.RootUser, security["run_as_user"]["value"], 0);
        reading.IfEquals(FactKind.RootUser, security["run_as_username"], "root");
        reading.IfText(FactKind.CgroupParent, config["linux"]["cgroup_parent"]);

        reading.AddImage(config["image"]["image"]);
        foreach (Cursor mount in config["mounts"].Items)
        {
            reading.AddMount(mount["host_path"], mount["host_path"].Text, mount["container_path"].Text);
        }

        foreach (Cursor device in config["devices"].Items)
        {
            reading.IfPath(FactKind.Device, device["host_path"]);
        }

        foreach (Cursor device in config["CDI_devices"].Items)
        {
            reading.IfText(FactKind.Device, device["name"]);
        }

        foreach (Cursor variable in config["envs"].Items)
        {
            reading.Variable(variable["key"]);
        }

        reading.Command(config["command"], config["args"]);
    }

    /// <summary>A profile that is a file of the host; the old field has it behind "localhost/".</summary>
    private static void SeccompFile(ManifestReading reading, Cursor profile)
    {
        if (profile.Text is { Length: > 0 } text and not ("unconfined" or "runtime/default" or "docker/default"))
        {
            bool isOld = text.StartsWith("localhost/", StringComparison.Ordinal);
            reading.AddPath(FactKind.SeccompFile, profile, isOld ? text["localhost/".Length..] : text);
        }
    }
}
