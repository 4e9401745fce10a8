using Tallyman.Agent.Manifests;
using Xunit;

namespace Tallyman.Agent.Tests.Manifests.Formats;

public class KustomizationTests
{
    [Fact]
    public void Files_are_named_and_what_stands_in_it_is_read()
    {
        ManifestContent content = Manifest.Read(ManifestFormat.Kustomization, """
            resources: [deployment.yaml, ../base, "https://example.com/x.yaml", "github.com/a/b?ref=v1"]
            bases: [../old]
            components: [../part]
            crds: [types.json]
            generators: [gen.yaml]
            patchesStrategicMerge:
            - merge.yaml
            - |
              kind: Pod
              spec: {hostIPC: true}
            patches:
            - path: patch.yaml
            - target: {kind: Deployment}
              patch: |-
                - op: add
                  path: /spec/template/spec/hostPID
                  value: true
            patchesJson6902:
            - path: six.json
              target: {kind: Pod}
            secretGenerator:
            - name: s
              literals: [password=hush]
            images:
            - {name: a, newName: evil.example/a}
            """);
        Assert.Null(content.Error);
        Assert.Equal("HOST_IPC HOST_PID SECRETS_WRITE", Manifest.FactsOf(content));
        Assert.Equal(
            ["file#1 patches[1].patch[0].spec.template.spec.hostPID", "file#1 patchesStrategicMerge[1].spec.hostIPC", "file#1 secretGenerator[0]"],
            content.Facts.Select(static fact => fact.Evidence));
        Assert.Equal<ManifestReference>(
            [
                new(ManifestFormat.Kubernetes, "deployment.yaml"),
                new(ManifestFormat.Kubernetes, "../base"),
                new(ManifestFormat.Kubernetes, "https://example.com/x.yaml"),
                new(ManifestFormat.Kubernetes, "github.com/a/b?ref=v1"),
                new(ManifestFormat.Kubernetes, "types.json"),
                new(ManifestFormat.Kubernetes, "gen.yaml"),
                new(ManifestFormat.Kustomization, "../old"),
                new(ManifestFormat.Kustomization, "../part"),
                new(ManifestFormat.KubernetesPatch, "patch.yaml"),
                new(ManifestFormat.JsonPatch, "six.json"),
                new(ManifestFormat.KubernetesPatch, "merge.yaml"),
            ],
            content.References);
        Assert.Equal("evil.example/a", Assert.Single(content.Images));
    }
}
