using Tallyman.Agent.Manifests;
using Xunit;

namespace Tallyman.Agent.Tests.Manifests.Formats;

public class KubernetesPatchTests
{
    [Theory]
    [InlineData("""{"spec":{"hostNetwork":true}}""", "HOST_NET")]
    [InlineData("""{"rules":[{"verbs":["*"],"resources":["*"]}]}""", "RBAC_GRANT(*)")]
    [InlineData("""{"apiVersion":"v1","spec":{"containers":[{"name":"x","securityContext":{"privileged":true},"volumeMounts":[{"name":"r","mountPath":"/h"}]}],"volumes":[{"name":"r","hostPath":{"path":"/"}}]}}""", "HOST_MOUNT(/) PRIVILEGED")]
    [InlineData("""[{"op":"add","path":"/spec/hostPID","value":true}]""", "HOST_PID")]
    [InlineData("""{"spec":{"hostNetwork":"true","hostPID":1,"HostIPC":true}}""", "")]
    public void Overrides_are_json(string text, string facts) => Assert.Equal(facts, Manifest.Facts(ManifestFormat.KubernetesOverrides, text));

    [Theory]
    [InlineData("spec: {hostNetwork: true}")]
    [InlineData("""{"spec":{"hostNetwork":yes}}""")]
    public void Overrides_that_are_not_json_are_said(string text)
    {
        ManifestContent content = Manifest.Read(ManifestFormat.KubernetesOverrides, text);
        Assert.Empty(content.Facts);
        Assert.Equal("line 1: this is no JSON", content.Error);
    }

    [Theory]
    [InlineData("spec: {hostPID: yes}", "HOST_PID")]
    [InlineData("spec:\n  template:\n    spec:\n      hostNetwork: true\n      volumes: [{name: x, hostPath: {path: /etc}}]\n", "HOST_MOUNT(/etc) HOST_NET")]
    [InlineData("""{"spec":{"jobTemplate":{"spec":{"template":{"spec":{"containers":[{"name":"a","securityContext":{"privileged":true}}]}}}}}}""", "PRIVILEGED")]
    [InlineData("spec: {hostPath: {path: /}}", "HOST_MOUNT(/)")]
    [InlineData("""[{"op":"replace","path":"/spec/hostPID","value":true}]""", "HOST_PID")]
    [InlineData("metadata: {labels: {hostPID: 'true'}}", "")]
    public void A_patch_is_a_part_of_an_object(string text, string facts) => Assert.Equal(facts, Manifest.Facts(ManifestFormat.KubernetesPatch, text));

    [Theory]
    [InlineData("/spec/containers/0/securityContext/privileged", "true", "PRIVILEGED")]
    [InlineData("/spec/template/spec/hostPID", "true", "HOST_PID")]
    [InlineData("/spec/template/spec/containers/-", """{"securityContext":{"capabilities":{"add":["ALL"]}}}""", "CAP_ADD(ALL)")]
    [InlineData("/spec/containers/0/securityContext/capabilities/add/-", "\"SYS_ADMIN\"", "CAP_ADD(SYS_ADMIN)")]
    [InlineData("/spec/volumes/-", """{"name":"r","hostPath":{"path":"/"}}""", "HOST_MOUNT(/)")]
    [InlineData("/spec/volumes/0/hostPath/path", "\"/\"", "HOST_MOUNT(/)")]
    [InlineData("/spec", """{"hostIPC":true}""", "HOST_IPC")]
    [InlineData("", """{"spec":{"hostIPC":true}}""", "HOST_IPC")]
    [InlineData("/metadata/annotations/container.apparmor.security.beta.kubernetes.io~1c", "\"unconfined\"", "NO_APPARMOR")]
    [InlineData("/spec/hostPID", "\"true\"", "")]
    [InlineData("/metadata/labels/hostPID", "true", "")]
    public void A_change_is_read_where_it_will_stand(string path, string value, string facts)
    {
        Assert.Equal(facts, Manifest.Facts(ManifestFormat.JsonPatch, $$"""[{"op":"add","path":"{{path}}","value":{{value}}}]"""));
        Assert.Equal("", Manifest.Facts(ManifestFormat.JsonPatch, $$"""[{"op":"test","path":"{{path}}","value":{{value}}}]"""));
    }

    [Fact]
    public void Evidence_names_the_change()
    {
        ManifestContent content = Manifest.Read(ManifestFormat.JsonPatch, "- {op: remove, path: /spec/x}\n- {op: add, path: /spec/hostPID, value: yes}\n");
        Assert.Equal("file#1 [1].spec.hostPID", Assert.Single(content.Facts).Evidence);
    }

    [Fact]
    public void A_path_can_be_too_deep()
    {
        string path = string.Concat(Enumerable.Repeat("/spec", 33));
        ManifestContent content = Manifest.Read(ManifestFormat.JsonPatch, $$"""[{"op":"add","path":"{{path}}/hostPID","value":true}]""");
        Assert.Equal("paths of a patch may be 32 deep, are deeper", content.Error);
    }
}
