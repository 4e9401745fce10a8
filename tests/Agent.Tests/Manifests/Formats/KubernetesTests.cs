using Tallyman.Agent.Manifests;
using Tallyman.Agent.Model;
using Xunit;

namespace Tallyman.Agent.Tests.Manifests.Formats;

public class KubernetesTests
{
    [Theory]
    [InlineData("hostNetwork: true", "HOST_NET")]
    [InlineData("hostPID: true", "HOST_PID")]
    [InlineData("hostIPC: true", "HOST_IPC")]
    [InlineData("hostUsers: true", "HOST_USERNS")]
    [InlineData("hostUsers: false", "")]
    [InlineData("runtimeClassName: kata", "RUNTIME(kata)")]
    [InlineData("runtimeClassName: ~", "")]
    [InlineData("securityContext: {runAsUser: 0, seccompProfile: {type: Unconfined}, appArmorProfile: {type: Unconfined}}", "NO_APPARMOR NO_SECCOMP ROOT_USER")]
    [InlineData("securityContext: {seccompProfile: {type: Localhost, localhostProfile: p/x.json}, seLinuxOptions: {type: spc_t}}", "NO_SELINUX SECCOMP_FILE(p/x.json)")]
    [InlineData("securityContext: {runAsUser: 1000, seccompProfile: {type: RuntimeDefault}, privileged: true}", "")]
    [InlineData("volumes: [{name: a, hostPath: {path: /etc//, type: Directory}}, {name: b, emptyDir: {}}]", "HOST_MOUNT(/etc)")]
    // Keys are compared with their case, and true is a boolean: what the API server would refuse is no fact.
    [InlineData("HostNetwork: true", "")]
    [InlineData("hostPID: 'true'", "")]
    [InlineData("hostPID: \"yes\"", "")]
    [InlineData("hostPID: tRUE", "")]
    [InlineData("hostPID: 1", "")]
    [InlineData("hostPID: !!str yes", "")]
    [InlineData("hostPID: ! yes", "")]
    // And what it takes is one, as kubectl 1.32 converts it.
    [InlineData("{hostPID: yes, hostIPC: On, hostNetwork: y, hostUsers: TRUE}", "HOST_IPC HOST_NET HOST_PID HOST_USERNS")]
    [InlineData("hostPID: !!bool 'yes'", "HOST_PID")]
    [InlineData("volumes: [{hostPath: {path: !!binary Lw==}}]", "HOST_MOUNT(/)")]
    [InlineData("{? hostPID : true}", "HOST_PID")]
    [InlineData("{\"host\\u0050ID\": true}", "HOST_PID")]
    // The last of equal keys wins, be it merged; of merged mappings the first.
    [InlineData("{hostPID: true, hostPID: false}", "")]
    [InlineData("{hostPID: false, <<: {hostPID: true}}", "HOST_PID")]
    [InlineData("{<<: {hostPID: true}, hostPID: false}", "")]
    [InlineData("{<<: [{hostPID: true}, {hostPID: false}]}", "HOST_PID")]
    [InlineData("{x: &a {hostPID: true}, <<: *a}", "HOST_PID")]
    public void A_pod_says(string spec, string facts)
    {
        string pod = spec[0] == '{' ? $"spec: {spec}\n" : $"spec:\n  {spec}\n";
        Assert.Equal(facts, Manifest.Facts(ManifestFormat.Kubernetes, $"kind: Pod\n{pod}"));
    }

    [Theory]
    [InlineData("securityContext: {privileged: true}", "PRIVILEGED")]
    [InlineData("securityContext: {privileged: false, allowPrivilegeEscalation: true, readOnlyRootFilesystem: false}", "")]
    [InlineData("securityContext: {capabilities: {add: [SYS_ADMIN, cap_net_admin, NONSENSE], drop: [ALL]}}", "CAP_ADD(NET_ADMIN,SYS_ADMIN)")]
    [InlineData("securityContext: {procMount: Unmasked, runAsUser: 0x0}", "ROOT_USER UNMASKED_PATHS")]
    [InlineData("securityContext: {windowsOptions: {hostProcess: true}}", "PRIVILEGED")]
    [InlineData("env: [{name: DB_PASSWORD, value: hush}, {name: LANG, value: C}]", "ENV_SECRET(DB_PASSWORD)")]
    [InlineData("envFrom: [{secretRef: {name: all}}]", "")]
    public void A_container_says(string container, string facts)
    {
        foreach (string list in (string[])["containers", "initContainers", "ephemeralContainers"])
        {
            Assert.Equal(facts, Manifest.Facts(ManifestFormat.Kubernetes, $"kind: Pod\nspec:\n  {list}:\n  - name: c\n    {container}\n"));
        }
    }

    [Theory]
    [InlineData("kind: Pod\nspec: {hostPID: true}", "spec.hostPID")]
    [InlineData("kind: PodTemplate\ntemplate: {spec: {hostPID: true}}", "template.spec.hostPID")]
    [InlineData("kind: Deployment\nspec: {template: {spec: {hostPID: true}}}", "spec.template.spec.hostPID")]
    [InlineData("kind: CronJob\nspec: {jobTemplate: {spec: {template: {spec: {hostPID: true}}}}}", "spec.jobTemplate.spec.template.spec.hostPID")]
    [InlineData("kind: List\nitems: [{kind: Service}, {kind: Pod, spec: {hostPID: true}}]", "items[1].spec.hostPID")]
    [InlineData("kind: Rollout\nspec: {template: {spec: {hostPID: true, containers: [{name: c}]}}}", "spec.template.spec.hostPID")]
    [InlineData("kind: Trainer\nspec: {roles: {worker: {pod: {hostPID: true, containers: [{name: c}]}}}}", "spec.roles.worker.pod.hostPID")]
    [InlineData("{\"kind\":\"Pod\",\"spec\":{\"hostPID\":true}}", "spec.hostPID")]
    [InlineData("\uFEFFkind: Pod\nspec: {hostPID: true}", "spec.hostPID")]
    [InlineData("kind: Workflow\nspec: {hostPID: true, templates: [{name: a}]}", "spec.hostPID")]
    [InlineData("kind: PodSecurityPolicy\nspec: {hostPID: true}", "")]
    [InlineData("kind: ConfigMap\ndata: {pod.yaml: 'kind: Pod\n\n  spec: {hostPID: true}'}", "")]
    public void A_pod_is_found_wherever_it_is(string text, string path)
    {
        Assert.Equal(path.Length > 0 ? "HOST_PID" : "", Manifest.Facts(ManifestFormat.Kubernetes, text));
        Assert.Equal(path.Length > 0 ? $"file#1 {path}" : null, Manifest.Read(ManifestFormat.Kubernetes, text).Facts.SingleOrDefault()?.Evidence);
    }

    [Theory]
    [InlineData("kind: Secret\nstringData: {a: hush}", "SECRETS_WRITE")]
    [InlineData("kind: ClusterRoleBinding\nroleRef: {kind: ClusterRole, name: cluster-admin}", "RBAC_GRANT(cluster-admin)")]
    [InlineData("kind: RoleBinding\nroleRef: {kind: ClusterRole, name: admin}", "RBAC_GRANT(admin)")]
    [InlineData("kind: RoleBinding\nroleRef: {kind: Role, name: mine}", "")]
    [InlineData("kind: PersistentVolume\nspec: {hostPath: {path: /}}", "HOST_MOUNT(/)")]
    [InlineData("kind: PersistentVolume\nspec: {local: {path: /dev/sda}}", "HOST_MOUNT(/dev/sda)")]
    [InlineData("kind: ClusterRole\nrules: [{apiGroups: ['*'], resources: ['*'], verbs: ['*']}]", "RBAC_GRANT(*)")]
    [InlineData("kind: ClusterRole\nrules: [{resources: [pods], verbs: ['*']}, {resources: [users], verbs: [get, impersonate]}]", "RBAC_GRANT(impersonate)")]
    [InlineData("kind: Workflow\nspec: {templates: [{container: {image: a, command: [id], securityContext: {privileged: true}}}], volumes: [{name: r, hostPath: {path: /}}]}", "HOST_MOUNT(/) PRIVILEGED")]
    [InlineData("kind: Task\nspec: {steps: [{image: a, script: id, securityContext: {capabilities: {add: [ALL]}}}]}", "CAP_ADD(ALL)")]
    [InlineData("kind: Task\nspec: {stepTemplate: {securityContext: {privileged: true}}, steps: [{image: a}]}", "PRIVILEGED")]
    [InlineData("kind: Workflow\nspec: {podSpecPatch: '{\"hostPID\":true,\"containers\":[{\"securityContext\":{\"privileged\":true}}]}'}", "HOST_PID PRIVILEGED")]
    [InlineData("kind: PatchTransformer\npatch: '[{\"op\":\"add\",\"path\":\"/spec/template/spec/hostNetwork\",\"value\":true}]'", "HOST_NET")]
    [InlineData("kind: Pod\nspec: {containers: [{env: [{name: DB_PASSWORD, valueFrom: {secretKeyRef: {name: x}}}, {name: API_TOKEN, value: x}]}]}", "ENV_SECRET(API_TOKEN)")]
    [InlineData("kind: CustomResourceDefinition\nspec: {properties: {image: {type: string}, securityContext: {privileged: true}}}", "")]
    [InlineData("kind: List\nitems: [{kind: Secret}]", "SECRETS_WRITE")]
    [InlineData("kind: PersistentVolumeClaim\nmetadata: {annotations: {volume.podman.io/device: /, volume.podman.io/mount-options: bind}}", "HOST_MOUNT(/)")]
    [InlineData("kind: PersistentVolumeClaim\nmetadata: {annotations: {volume.podman.io/device: /}}", "")]
    public void Other_kinds_matter_too(string text, string facts) => Assert.Equal(facts, Manifest.Facts(ManifestFormat.Kubernetes, text));

    [Fact]
    public void A_namespace_that_holds_nothing_back_says_so()
    {
        ManifestContent content = Manifest.Read(ManifestFormat.Kubernetes, "kind: Namespace\nmetadata: {labels: {pod-security.kubernetes.io/enforce: privileged}}");
        Assert.Equal(FactKind.PodSecurity, Assert.Single(content.Facts).Kind);
        Assert.Empty(Manifest.Read(ManifestFormat.Kubernetes, "kind: Namespace\nmetadata: {labels: {pod-security.kubernetes.io/enforce: baseline}}").Facts);
    }

    [Theory]
    [InlineData("container.apparmor.security.beta.kubernetes.io/c: unconfined", "NO_APPARMOR")]
    [InlineData("container.seccomp.security.alpha.kubernetes.io/c: unconfined", "NO_SECCOMP")]
    [InlineData("seccomp.security.alpha.kubernetes.io/pod: localhost/x.json", "SECCOMP_FILE(x.json)")]
    [InlineData("container.apparmor.security.beta.kubernetes.io/c: runtime/default", "")]
    [InlineData("io.podman.annotations.userns: host", "HOST_USERNS")]
    [InlineData("io.podman.annotations.volumes-from/c: db:ro", "VOLUMES_FROM(db:ro)")]
    [InlineData("io.podman.annotations.label/c: disable", "NO_SELINUX")]
    public void Annotations_of_a_pod_are_read(string annotation, string facts)
    {
        Assert.Equal(facts, Manifest.Facts(ManifestFormat.Kubernetes, $"kind: Pod\nmetadata:\n  annotations:\n    {annotation}\nspec: {{}}\n"));
        Assert.Equal(facts, Manifest.Facts(ManifestFormat.Kubernetes, $"kind: Job\nspec:\n  template:\n    metadata:\n      annotations:\n        {annotation}\n    spec: {{}}\n"));
    }

    [Fact]
    public void A_volume_is_mounted_where_its_containers_say()
    {
        ManifestContent content = Manifest.Read(ManifestFormat.Kubernetes, """
            kind: Pod
            spec:
              volumes:
              - {name: root, hostPath: {path: /}}
              - {name: logs, hostPath: {path: /var/log}}
              - {name: spare, hostPath: {path: /srv}}
              containers:
              - name: a
                volumeMounts: [{name: root, mountPath: /host}, {name: logs, mountPath: /logs, subPath: pods/x}]
              - name: b
                volumeMounts: [{name: root, mountPath: /host/, readOnly: true}, {name: logs, mountPath: /l, subPathExpr: $(POD)}]
            """);
        Assert.Equal(
            ["/ -> /host", "/var/log/pods/x -> /logs", "/var/log -> /l", "/srv -> "],
            content.Facts.Select(static fact => $"{fact.Path} -> {fact.Destination}"));
    }

    [Fact]
    public void Every_document_is_read_and_numbered()
    {
        ManifestContent content = Manifest.Read(ManifestFormat.Kubernetes, "# all\n---\nkind: Pod\nspec: {hostIPC: true}\n---\n---\nkind: Pod\nspec:\n  containers:\n  - image: a\n  - image: b\n    securityContext: {privileged: true}\n");
        Assert.Equal(["file#1 spec.hostIPC", "file#3 spec.containers[1].securityContext.privileged"], content.Facts.Select(static fact => fact.Evidence));
        Assert.Equal("a b", string.Join(' ', content.Images));
        Assert.All(content.Facts, static fact => Assert.Equal(-1, fact.Arg));
    }

    [Fact]
    public void A_document_that_is_none_hides_no_other()
    {
        ManifestContent content = Manifest.Read(ManifestFormat.Kubernetes, "kind: Pod\nspec: {hostIPC: true}\n---\na: [\n---\nkind: Pod\nspec: {hostPID: true}\n");
        Assert.Equal("HOST_IPC HOST_PID", Manifest.FactsOf(content));
        Assert.Equal("line 5: this is no YAML", content.Error);
    }

    [Fact]
    public void Several_values_of_json_are_several_documents()
    {
        ManifestContent content = Manifest.Read(ManifestFormat.Kubernetes, """{"kind":"Pod"} {"kind":"Pod","spec":{"hostPID":false,"hostPID":true}}""");
        Assert.Equal("file#2 spec.hostPID", Assert.Single(content.Facts).Evidence);
        Assert.Null(content.Error);
    }

    [Theory]
    [InlineData("kind: Pod\nSpec: {HOSTPID: true, Containers: [{SecurityContext: {Privileged: yes}}]}", "HOST_PID PRIVILEGED")]
    [InlineData("kind: Deployment\nspec: {TEMPLATE: {Spec: {hostIPC: true}}}", "HOST_IPC")]
    public void Podman_takes_keys_in_any_case(string text, string facts)
    {
        Assert.Equal(facts, Manifest.Facts(ManifestFormat.PodmanKube, text));
        Assert.Equal("", Manifest.Facts(ManifestFormat.Kubernetes, text));
    }

    [Fact]
    public void A_part_of_a_container_is_read() =>
        Assert.Equal("CAP_ADD(ALL) PRIVILEGED", Manifest.Facts(ManifestFormat.KubernetesContainer, """{"securityContext":{"privileged":true,"capabilities":{"add":["ALL"]}}}"""));

    [Theory]
    [InlineData("command: [nsenter, -t1, -m]", "nsenter")]
    [InlineData("command: [sh, -c, 'sleep 1; chroot /host sh']", "chroot /host")]
    [InlineData("command: [sh, -c]\n    args: ['nsenter -t1']", "nsenter")]
    [InlineData("args: [nsenter]", "nsenter")]
    [InlineData("lifecycle: {postStart: {exec: {command: [nsenter]}}}", "nsenter")]
    [InlineData("livenessProbe: {exec: {command: [nsenter]}}", "nsenter")]
    [InlineData("command: [echo, nsenter]", "")]
    public void Commands_are_read(string container, string found)
    {
        ManifestContent content = Manifest.Read(ManifestFormat.Kubernetes, $"kind: Pod\nspec:\n  containers:\n  - name: c\n    {container}\n");
        Assert.Equal(found, string.Join(' ', content.Facts.Where(static fact => fact.Kind == FactKind.InnerCommand).Select(static fact => $"{fact.Value} {fact.Path}".Trim())));
        Assert.DoesNotContain(content.Facts, static fact => fact.Evidence!.Contains("sleep", StringComparison.Ordinal));
    }
}
