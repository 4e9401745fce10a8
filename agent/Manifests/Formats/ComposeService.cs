using Tallyman.Agent.CommandLines.Meanings;
using Tallyman.Agent.Model;

namespace Tallyman.Agent.Manifests.Formats;

/// <summary>A service of a compose file. Most of what it says is the value of a flag of docker run.</summary>
internal static class ComposeService
{
    private const string ApiSocket = "/var/run/docker.sock";

    private static readonly (string Key, string Flag)[] Flags =
    [
        ("network_mode", "network"),
        ("pid", "pid"),
        ("ipc", "ipc"),
        ("uts", "uts"),
        ("userns_mode", "userns"),
        ("cgroup", "cgroupns"),
        ("cap_add", "cap-add"),
        ("security_opt", "security-opt"),
        ("cgroup_parent", "cgroup-parent"),
        ("runtime", "runtime"),
        ("volumes_from", "volumes-from"),
        ("user", "user"),
        ("device_cgroup_rules", "device-cgroup-rule"),
    ];

    /// <summary>What docker stack deploy says it ignores.</summary>
    private static readonly string[] UnknownToStacks =
        ["network_mode", "pid", "ipc", "uts", "userns_mode", "cgroup", "security_opt", "cgroup_parent", "runtime", "volumes_from", "device_cgroup_rules"];

    /// <param name="file">The file that it stands in: the service names what is defined there.</param>
    public static void Read(ManifestReading reading, Cursor service, Cursor file, ManifestFormat format)
    {
        bool isStack = format == ManifestFormat.ComposeStack;
        foreach ((string key, string flag) in Flags.Where(flag => !isStack || !UnknownToStacks.Contains(flag.Key)))
        {
            foreach (Cursor value in service[key].ItemsOrSelf)
            {
                reading.DockerFlag(flag, value);
            }
        }

        if (!isStack)
        {
            Join(reading, "net", service["network_mode"]);
            Join(reading, "pid", service["pid"]);
            Join(reading, "ipc", service["ipc"]);
            IfOn(reading, FactKind.Privileged, service["privileged"]);
            ReadDevices(reading, service);
            reading.IfText(FactKind.HostExec, service["provider"]["type"]);
            if (ComposeFile.IsOn(service["use_api_socket"]))
            {
                reading.AddMount(service["use_api_socket"], ApiSocket, ApiSocket);
            }
        }

        reading.AddImage(service["image"]);
        foreach (Cursor volume in service["volumes"].Items)
        {
            ReadVolume(reading, volume);
        }

        ReadEnvironment(reading, service);
        ReadCommands(reading, service);
        ReadFiles(reading, service["secrets"], file["secrets"], "/run/secrets/");
        ReadFiles(reading, service["configs"], file["configs"], "/");
    }

    /// <summary>How its image is made.</summary>
    public static void ReadBuild(ManifestReading reading, Cursor build, Cursor file)
    {
        IfOn(reading, FactKind.Privileged, build["privileged"]);
        reading.IfEquals(FactKind.HostNet, build["network"], "host");
        foreach (Cursor entitlement in build["entitlements"].Items)
        {
            reading.IfEquals(FactKind.Privileged, entitlement, "security.insecure");
            reading.IfEquals(FactKind.HostNet, entitlement, "network.host");
        }

        foreach (Cursor use in build["secrets"].Items)
        {
            Cursor path = file["secrets"][ComposeFile.NameOf(use)]["file"];
            reading.IfPath(FactKind.CopyIn, path);
        }

        foreach (Cursor context in build["additional_contexts"].Entries.Prepend(build["context"]).Prepend(build))
        {
            if (context.Text is { Length: > 0 } path && !path.Contains("://", StringComparison.Ordinal))
            {
                reading.AddPath(FactKind.FileTaken, context, path);
            }
        }
    }

    private static void IfOn(ManifestReading reading, FactKind kind, Cursor at)
    {
        if (ComposeFile.IsOn(at))
        {
            reading.Add(kind, at);
        }
    }

    /// <summary>The namespace of another service; that of a container is docker's own notation.</summary>
    private static void Join(ManifestReading reading, string kind, Cursor at)
    {
        if (at.Text is string text && text.StartsWith("service:", StringComparison.Ordinal))
        {
            reading.Add(FactKind.JoinNs, at, $"{kind}={text}");
        }
    }

    private static void ReadVolume(ManifestReading reading, Cursor volume)
    {
        if (volume["type"].Text == "bind")
        {
            reading.AddMount(volume["source"], ComposeFile.InHome(reading, volume["source"].Text), volume["target"].Text);
        }
        else if (volume.Text?.Split(':', 3) is [['/' or '.' or '~', ..] source, string target, ..])
        {
            reading.AddMount(volume, ComposeFile.InHome(reading, source), target);
        }
    }

    private static void ReadDevices(ManifestReading reading, Cursor service)
    {
        foreach (Cursor device in service["devices"].Items)
        {
            reading.DockerFlag("device", device.IsMapping ? device["source"] : device);
        }

        foreach (Cursor device in service["gpus"].ItemsOrSelf)
        {
            reading.Add(FactKind.Gpus, device);
        }

        foreach (Cursor device in service["deploy"]["resources"]["reservations"]["devices"].Items)
        {
            if (device["driver"].Text != "cdi")
            {
                reading.Add(FactKind.Gpus, device);
                continue;
            }

            foreach (Cursor id in device["device_ids"].Items)
            {
                reading.DockerFlag("device", id);
            }
        }
    }

    private static void ReadEnvironment(ManifestReading reading, Cursor service)
    {
        foreach (Cursor variable in service["environment"].Items)
        {
            reading.Variable(variable);
        }

        foreach (Cursor variable in service["environment"].Entries)
        {
            reading.Add(FactKind.EnvironmentVariable, variable, variable.Key);
        }

        foreach (Cursor each in service["env_file"].ItemsOrSelf)
        {
            Cursor file = each.IsMapping ? each["path"] : each;
            reading.IfPath(FactKind.EnvFile, file);
            reading.AddReference(ManifestFormat.EnvFile, file);
        }
    }

    private static void ReadCommands(ManifestReading reading, Cursor service)
    {
        Cursor command = service["command"];
        reading.Command(command.Exists ? command : service["entrypoint"], WordsOf(service["entrypoint"]).Concat(WordsOf(command)));
        reading.Command(service["healthcheck"]["test"], WordsOf(service["healthcheck"]["test"]) switch
        {
            ["CMD-SHELL", string script, ..] => ["sh", "-c", script],
            ["CMD", .. string[] words] => words,
            string[] words => words,
        });
        foreach (Cursor hook in service["post_start"].Items.Concat(service["pre_stop"].Items))
        {
            IfOn(reading, FactKind.Privileged, hook["privileged"]);
            reading.DockerFlag("user", hook["user"]);
            reading.Command(hook["command"], WordsOf(hook["command"]));
        }
    }

    /// <summary>A list of words, or a text that is split into words as a shell would.</summary>
    private static string[] WordsOf(Cursor command) => command.Text is string text
        ? [.. ShellScript.Commands(text).SelectMany(static words => words)]
        : [.. command.Items.Select(static word => word.Text ?? "")];

    /// <summary>Secrets and settings that are files come into the container as mounts of them, and directories do too.</summary>
    private static void ReadFiles(ManifestReading reading, Cursor uses, Cursor definitions, string directory)
    {
        foreach (Cursor use in uses.Items)
        {
            string name = ComposeFile.NameOf(use);
            Cursor path = definitions[name]["file"];
            string target = use["target"].Text ?? name;
            reading.AddMount(path, ComposeFile.InHome(reading, path.Text), target is ['/', ..] ? target : directory + target);
        }
    }
}
