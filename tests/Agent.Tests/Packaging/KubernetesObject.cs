using Tallyman.Agent.Yaml;
using Xunit;

namespace Tallyman.Agent.Tests.Packaging;

/// <summary>A node of an object of Kubernetes, as tests go through it; what is not there is null, and of that everything is.</summary>
internal sealed record KubernetesObject(YamlNode? Node)
{
    public KubernetesObject this[string path] => path.Split('/').Aggregate(this, static (at, key) => new KubernetesObject((at.Node as YamlMapping)?.Find(key)));

    public string? Text => (Node as YamlScalar)?.Text;

    public KubernetesObject[] Items => [.. (Node as YamlSequence)?.Items.Select(static item => new KubernetesObject(item)) ?? []];

    public string[] Texts => [.. Items.Select(static item => item.Text).OfType<string>()];

    /// <summary>All keys in it and below.</summary>
    public IEnumerable<string> Keys => Node switch
    {
        YamlMapping mapping => mapping.Entries.SelectMany(static entry => new KubernetesObject(entry.Value).Keys.Prepend(entry.Key.Text)),
        YamlSequence sequence => sequence.Items.SelectMany(static item => new KubernetesObject(item).Keys),
        _ => [],
    };

    public static KubernetesObject[] Read(string yaml)
    {
        YamlContent content = YamlReader.Read(yaml, YamlOptions.Untrusted);
        Assert.Null(content.Error);
        return [.. content.Documents.Select(static document => new KubernetesObject(document))];
    }
}
