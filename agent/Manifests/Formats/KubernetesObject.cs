using Tallyman.Agent.CommandLines.Meanings;
using Tallyman.Agent.Model;

namespace Tallyman.Agent.Manifests.Formats;

/// <summary>
/// An object of an API server: the pods in it, wherever they are, and the few kinds that matter by themselves.
/// </summary>
internal static class KubernetesObject
{
    private static readonly string[] ContainerLists = ["containers", "initContainers", "ephemeralContainers"];
    private static readonly string[] RunsImage = ["command", "args", "script", "source", "securityContext", "volumeMounts"];

    public static void Read(ManifestReading reading, Cursor document)
    {
        ReadKind(reading, document);
        ReadPods(reading, document, static place => IsPodOrTemplate(place) || HasContainers(place));
    }

    /// <summary>A part of an object whose kind need not be said: what is called spec may be a pod's.</summary>
    public static void ReadPatch(ManifestReading reading, Cursor document)
    {
        if (document.IsSequence)
        {
            JsonPatch.Read(reading, document);
            return;
        }

        ReadKind(reading, document);
        if (!document["kind"].Exists)
        {
            ReadPersistentVolume(reading, document);
            ReadRole(reading, document["rules"]);
            ReadNamespace(reading, document);
        }

        ReadPods(reading, document, static place => place.IsCalled("spec") || HasContainers(place));
    }

    /// <summary>Each object of a list, or the one that it is.</summary>
    private static void ReadKind(ManifestReading reading, Cursor document)
    {
        string kind = document["kind"].Text ?? "";
        switch (kind)
        {
            case "Secret":
                reading.Add(FactKind.SecretsWrite, document["kind"]);
                break;
            case "ClusterRoleBinding" or "RoleBinding" when document["roleRef"]["kind"].Text == "ClusterRole":
                reading.IfText(FactKind.RbacGrant, document["roleRef"]["name"]);
                break;
            case "ClusterRole":
                ReadRole(reading, document["rules"]);
                break;
            case "Namespace":
                ReadNamespace(reading, document);
                break;
            case "PatchTransformer" or "PatchJson6902Transformer" or "PatchStrategicMergeTransformer":
                foreach (Cursor patch in (Cursor[])[document["patch"], document["patches"], document["jsonOp"]])
                {
                    Kustomization.ReadInner(reading, ManifestFormat.KubernetesPatch, patch);
                }

                break;
            case "PersistentVolume":
                ReadPersistentVolume(reading, document);
                break;
            case "PersistentVolumeClaim":
                ReadPodmanVolume(reading, document["metadata"]["annotations"]);
                break;
            case not null when kind.EndsWith("List", StringComparison.Ordinal):
                foreach (Cursor item in document["items"].Items)
                {
                    ReadKind(reading, item);
                }

                break;
        }
    }

    private static void ReadNamespace(ManifestReading reading, Cursor document)
    {
        Cursor enforced = document["metadata"]["labels"][KubernetesLabelsMeaning.Enforced];
        if (enforced.Text == "privileged")
        {
            reading.Add(FactKind.PodSecurity, enforced, "privileged");
        }
    }

    private static void ReadRole(ManifestReading reading, Cursor rules)
    {
        foreach (Cursor rule in rules.Items)
        {
            bool isForAll = rule["resources"].Items.Any(static resource => resource.Text == "*");
            foreach (Cursor verb in rule["verbs"].Items)
            {
                if (KubernetesRoleMeaning.GrantOf(verb.Text ?? "", isForAll) is string grant)
                {
                    reading.Add(FactKind.RbacGrant, verb, grant);
                }
            }
        }
    }

    private static void ReadPersistentVolume(ManifestReading reading, Cursor volume)
    {
        foreach (string source in (string[])["hostPath", "local"])
        {
            Cursor path = volume["spec"][source]["path"];
            reading.AddMount(path, path.Text);
        }
    }

    /// <summary>podman makes a volume of a claim, of the local driver's options in its annotations.</summary>
    private static void ReadPodmanVolume(ManifestReading reading, Cursor annotations)
    {
        Cursor device = annotations["volume.podman.io/device"];
        var options = new VolumeOptions { Driver = annotations["volume.podman.io/driver"].Text };
        options.Add($"device={device.Text}");
        options.Add($"o={annotations["volume.podman.io/mount-options"].Text}");
        foreach (string mounted in options.Mounted)
        {
            reading.AddMount(device, mounted);
        }
    }

    private static void ReadPods(ManifestReading reading, Cursor place, Func<Cursor, bool> isPod)
    {
        if (place.IsMapping && isPod(place))
        {
            PodSpec.Read(reading, place);
        }
        else if (place.IsMapping)
        {
            ReadPartOfPod(reading, place, isPod);
        }

        if (place.IsCalled("annotations"))
        {
            PodSpec.ReadAnnotations(reading, place);
        }

        foreach (Cursor child in place.Entries.Concat(place.Items))
        {
            ReadPods(reading, child, isPod);
        }
    }

    /// <summary>
    /// Kinds that nobody knows make pods of their own: a workflow has its containers one by one and the volumes of all of
    /// them elsewhere. What has an image and says how to run it is a container wherever it stands.
    /// </summary>
    private static void ReadPartOfPod(ManifestReading reading, Cursor place, Func<Cursor, bool> isPod)
    {
        // A policy says what others may ask for.
        if (place.IsCalled("spec") && place.Parent?["kind"].Text is not (null or "PodSecurityPolicy"))
        {
            PodSpec.ReadNamespaces(reading, place);
        }

        bool isOfPod = place.Parent is Cursor outer && ContainerLists.Any(outer.IsCalled);
        if (!isOfPod && place["image"].Text is { Length: > 0 } && RunsImage.Any(key => place[key].Exists))
        {
            PodSpec.ReadContainer(reading, place);
            foreach (Cursor script in (Cursor[])[place["script"], place["source"]])
            {
                reading.Command(script, script.Text is string text ? ["sh", "-c", text] : []);
            }
        }
        else if (place.IsCalled("stepTemplate"))
        {
            PodSpec.ReadContainer(reading, place);
        }

        Kustomization.ReadInner(reading, ManifestFormat.PodPatch, place["podSpecPatch"]);
        if (place["hostPath"].IsMapping && place.Parent is { Parent: Cursor owner } list && list.IsCalled("volumes") && !isPod(owner))
        {
            reading.AddMount(place["hostPath"]["path"], place["hostPath"]["path"].Text);
        }
    }

    /// <summary>spec of a Pod, or of the template in whatever makes pods.</summary>
    private static bool IsPodOrTemplate(Cursor place) =>
        place is { Parent: Cursor parent } && place.IsCalled("spec") && (parent.IsCalled("template") || parent["kind"].Text == "Pod");

    /// <summary>For kinds that nobody knows, and pods that are put elsewhere.</summary>
    private static bool HasContainers(Cursor place) =>
        ContainerLists.Any(list => place[list].Items.Any(static container => container.IsMapping));
}
