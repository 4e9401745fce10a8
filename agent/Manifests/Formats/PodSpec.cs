using Tallyman.Agent.Model;

namespace Tallyman.Agent.Manifests.Formats;

/// <summary>The spec of a pod, and the annotations that once were part of it.</summary>
internal static class PodSpec
{
    public static void Read(ManifestReading reading, Cursor pod)
    {
        ReadNamespaces(reading, pod);
        reading.IfTrue(FactKind.HostUserns, pod["hostUsers"]);
        reading.IfText(FactKind.Runtime, pod["runtimeClassName"]);
        ReadSecurity(reading, pod["securityContext"]);

        var mounts = new Dictionary<string, List<Cursor>>(StringComparer.Ordinal);
        foreach (string list in (string[])["initContainers", "containers", "ephemeralContainers"])
        {
            foreach (Cursor container in pod[list].Items)
            {
                ReadContainer(reading, container);
                foreach (Cursor mount in container["volumeMounts"].Items)
                {
                    string volume = mount["name"].Text ?? "";
                    mounts.TryAdd(volume, []);
                    mounts[volume].Add(mount);
                }
            }
        }

        ReadVolumes(reading, pod["volumes"], mounts);
    }

    /// <summary>Those of the host.</summary>
    public static void ReadNamespaces(ManifestReading reading, Cursor place)
    {
        reading.IfTrue(FactKind.HostNet, place["hostNetwork"]);
        reading.IfTrue(FactKind.HostPid, place["hostPID"]);
        reading.IfTrue(FactKind.HostIpc, place["hostIPC"]);
    }

    public static void ReadContainer(ManifestReading reading, Cursor container)
    {
        Cursor security = container["securityContext"];
        reading.IfTrue(FactKind.Privileged, security["privileged"]);
        reading.Capabilities(security["capabilities"]["add"]);
        reading.IfEquals(FactKind.UnmaskedPaths, security["procMount"], "Unmasked");
        ReadSecurity(reading, security);

        reading.AddImage(container["image"]);
        foreach (Cursor variable in container["env"].Items)
        {
            // What comes from a secret is not readable by all who may look at the pod, which is what is wrong with it otherwise.
            if (!variable["valueFrom"].Exists)
            {
                reading.Variable(variable["name"]);
            }
        }

        reading.Command(container["command"], container["args"]);
        Cursor[] probes = [container["livenessProbe"], container["readinessProbe"], container["startupProbe"]];
        foreach (Cursor hook in probes.Concat(container["lifecycle"].Entries))
        {
            reading.Command(hook["exec"]["command"]);
        }
    }

    /// <summary>What a pod may say for all its containers.</summary>
    private static void ReadSecurity(ManifestReading reading, Cursor security)
    {
        Cursor seccomp = security["seccompProfile"];
        reading.IfTrue(FactKind.Privileged, security["windowsOptions"]["hostProcess"]);
        reading.IfEquals(FactKind.NoSeccomp, seccomp["type"], "Unconfined");
        reading.IfPath(FactKind.SeccompFile, seccomp["localhostProfile"]);
        reading.IfEquals(FactKind.NoApparmor, security["appArmorProfile"]["type"], "Unconfined");
        reading.IfEquals(FactKind.NoSelinux, security["seLinuxOptions"]["type"], "spc_t");
        reading.IfNumber(FactKind.RootUser, security["runAsUser"], 0);
    }

    /// <summary>
    /// A directory of the host counts once it is a volume, mounted or not: other containers can be put into the pod later
    /// and mount it, and a patch may hold the volume alone.
    /// </summary>
    private static void ReadVolumes(ManifestReading reading, Cursor volumes, Dictionary<string, List<Cursor>> mounts)
    {
        foreach (Cursor volume in volumes.Items)
        {
            Cursor path = volume["hostPath"]["path"];
            if (path.Text is not ({ Length: > 0 } source))
            {
                continue;
            }

            // A name is that of one volume; a second one would make as many mounts as both have.
            if (!mounts.Remove(volume["name"].Text ?? "", out List<Cursor>? ofVolume))
            {
                reading.AddMount(path, source);
                continue;
            }

            foreach (Cursor mount in ofVolume)
            {
                // A part of it where the manifest says which; an expression may be all of it.
                string mounted = mount["subPath"].Text is { Length: > 0 } part ? $"{source}/{part}" : source;
                reading.AddMount(path, mounted, mount["mountPath"].Text);
            }
        }
    }

    /// <summary>Of a pod, or of a template for pods.</summary>
    public static void ReadAnnotations(ManifestReading reading, Cursor annotations)
    {
        foreach (Cursor annotation in annotations.Entries)
        {
            switch (annotation.Key.Split('/', 2)[0], annotation.Text)
            {
                case ("container.apparmor.security.beta.kubernetes.io" or "io.podman.annotations.apparmor", "unconfined"):
                    reading.Add(FactKind.NoApparmor, annotation);
                    break;
                case ("container.seccomp.security.alpha.kubernetes.io" or "seccomp.security.alpha.kubernetes.io", "unconfined"):
                case ("io.podman.annotations.seccomp", "unconfined"):
                    reading.Add(FactKind.NoSeccomp, annotation);
                    break;
                case ("container.seccomp.security.alpha.kubernetes.io" or "seccomp.security.alpha.kubernetes.io", string profile)
                    when profile.StartsWith("localhost/", StringComparison.Ordinal):
                    reading.AddPath(FactKind.SeccompFile, annotation, profile["localhost/".Length..]);
                    break;
                case ("io.podman.annotations.label", "disable" or "type:spc_t"):
                    reading.Add(FactKind.NoSelinux, annotation);
                    break;
                case ("io.podman.annotations.userns", "host"):
                    reading.Add(FactKind.HostUserns, annotation);
                    break;
                case ("io.podman.annotations.volumes-from", { Length: > 0 } containers):
                    reading.Add(FactKind.VolumesFrom, annotation, containers);
                    break;
            }
        }
    }
}
