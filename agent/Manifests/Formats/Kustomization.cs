using Tallyman.Agent.Model;

namespace Tallyman.Agent.Manifests.Formats;

/// <summary>kustomization.yaml: other files and patches, of which some stand in it.</summary>
internal static class Kustomization
{
    public static void Read(ManifestReading reading, Cursor document)
    {
        References(reading, ManifestFormat.Kubernetes, document, "resources", "crds", "generators", "transformers");
        References(reading, ManifestFormat.Kustomization, document, "bases", "components");
        Patches(reading, ManifestFormat.KubernetesPatch, document["patches"]);
        Patches(reading, ManifestFormat.JsonPatch, document["patchesJson6902"]);
        foreach (Cursor patch in document["patchesStrategicMerge"].Items)
        {
            ReadOrRefer(reading, ManifestFormat.KubernetesPatch, patch);
        }

        foreach (Cursor generator in document["secretGenerator"].Items)
        {
            reading.Add(FactKind.SecretsWrite, generator);
        }

        foreach (Cursor image in document["images"].Items)
        {
            reading.AddImage(image["newName"]);
        }
    }

    private static void References(ManifestReading reading, ManifestFormat format, Cursor document, params ReadOnlySpan<string> lists)
    {
        foreach (string list in lists)
        {
            foreach (Cursor item in document[list].Items)
            {
                ReadOrRefer(reading, format, item);
            }
        }
    }

    private static void Patches(ManifestReading reading, ManifestFormat format, Cursor patches)
    {
        foreach (Cursor patch in patches.Items)
        {
            reading.AddReference(format, patch["path"]);
            ReadInner(reading, format, patch["patch"]);
        }
    }

    /// <summary>What has several lines is the thing itself, what has one names a file.</summary>
    private static void ReadOrRefer(ManifestReading reading, ManifestFormat format, Cursor item)
    {
        if (item.Text?.Contains('\n') == true)
        {
            ReadInner(reading, format, item);
        }
        else
        {
            reading.AddReference(format, item);
        }
    }

    /// <summary>A manifest that stands in another one as its text.</summary>
    public static void ReadInner(ManifestReading reading, ManifestFormat format, Cursor at)
    {
        if (at.Text is { Length: > 0 } text && reading.MayRead(text))
        {
            ManifestText.Read(reading, format, text, at.ToString());
        }
    }
}
