using Tallyman.Agent.Manifests;
using Xunit;

namespace Tallyman.Agent.Tests.Manifests.Formats;

public class RuntimeConfigTests
{
    private const string Own = """{"type":"pid"},{"type":"network"},{"type":"ipc"},{"type":"uts"},{"type":"mount"},{"type":"cgroup"},{"type":"user"}""";

    [Theory]
    [InlineData("{security_context: {privileged: true}}", "PRIVILEGED")]
    [InlineData("{Security_Context: {PRIVILEGED: yes}}", "PRIVILEGED")] // keys in any case, words of YAML 1.1
    [InlineData("{securityContext: {privileged: true}}", "")] // but not the API server's names
    [InlineData("{security_context: {privileged: 'true'}}", "")]
    [InlineData("{security_context: {PRIVILEGED: false, privileged: true}}", "PRIVILEGED")]
    [InlineData("{security_context: {privileged: true, PRIVILEGED: false}}", "PRIVILEGED")] // sorted on the way to JSON
    [InlineData("{security_context: {namespace_options: {network: 2, pid: 0x2, ipc: 2.0}}}", "HOST_IPC HOST_NET HOST_PID")]
    [InlineData("{security_context: {namespace_options: {network: NODE, pid: '2', ipc: 1}}}", "")]
    [InlineData("{security_context: {namespace_options: {pid: 3, target_id: abc, userns_options: {mode: 2}}}}", "HOST_USERNS JOIN_NS(pid=container:abc)")]
    [InlineData("{security_context: {seccomp: {profile_type: 1}, apparmor: {profile_type: 1}}}", "NO_APPARMOR NO_SECCOMP")]
    [InlineData("{security_context: {seccomp: {profile_type: 2, localhost_ref: /p.json}, apparmor: {profile_type: 0}}}", "SECCOMP_FILE(/p.json)")]
    [InlineData("{security_context: {seccomp_profile_path: unconfined, apparmor_profile: unconfined}}", "NO_APPARMOR NO_SECCOMP")]
    [InlineData("{security_context: {seccomp_profile_path: localhost//p.json}}", "SECCOMP_FILE(/p.json)")]
    [InlineData("{cgroup_parent: /, security_context: {run_as_user: {value: 0}}}", "CGROUP_PARENT(/) ROOT_USER")]
    public void Pods_and_containers_of_crictl_say(string linux, string facts)
    {
        Assert.Equal(facts, Manifest.Facts(ManifestFormat.CriPod, $"metadata: {{name: x}}\nlinux: {linux}\n"));
        Assert.Equal(facts, Manifest.Facts(ManifestFormat.CriContainer, $"metadata: {{name: x}}\nlinux: {linux}\n"));
    }

    [Theory]
    [InlineData("mounts: [{host_path: /, container_path: /h, readonly: true}]", "HOST_MOUNT(/)")]
    [InlineData("devices: [{host_path: /dev/sda, container_path: /d}]", "DEVICE(/dev/sda)")]
    [InlineData("CDI_devices: [{name: 'vendor.com/x=all'}]", "DEVICE(vendor.com/x=all)")]
    [InlineData("linux: {security_context: {capabilities: {add_capabilities: [SYS_ADMIN], add_ambient_capabilities: [BPF], drop_capabilities: [ALL]}}}", "CAP_ADD(BPF,SYS_ADMIN)")]
    [InlineData("linux: {security_context: {masked_paths: []}}", "UNMASKED_PATHS")]
    [InlineData("linux: {security_context: {masked_paths: [/proc/kcore]}}", "")]
    [InlineData("envs: [{key: API_TOKEN, value: hush}]", "ENV_SECRET(API_TOKEN)")]
    [InlineData("{\"mounts\":[{\"host_path\":\"/\"}],\"linux\":{\"security_context\":{\"privileged\":false,\"PRIVILEGED\":true}}}", "HOST_MOUNT(/) PRIVILEGED")]
    public void A_container_of_crictl_says(string text, string facts) => Assert.Equal(facts, Manifest.Facts(ManifestFormat.CriContainer, text));

    [Theory]
    [InlineData($$$"""{"linux":{"namespaces":[{{{Own}}}],"maskedPaths":["/proc/kcore"]}}""", "")]
    [InlineData("""{"linux":{"namespaces":[],"maskedPaths":["/x"]}}""", "HOST_CGROUPNS HOST_IPC HOST_NET HOST_PID HOST_USERNS HOST_UTS JOIN_NS(mnt=host)")]
    [InlineData($$$"""{"linux":{"namespaces":[{{{Own}}},{"type":"pid","path":"/proc/1/ns/pid"},{"type":"network","path":"/run/netns/x"}],"maskedPaths":["/x"]}}""", "HOST_PID JOIN_NS(net=ns:/run/netns/x)")]
    [InlineData($$$"""{"linux":{"namespaces":[{{{Own}}}],"maskedPaths":[],"devices":[{"path":"/dev/sda"}]}}""", "DEVICE(/dev/sda) UNMASKED_PATHS")]
    [InlineData("""{"process":{"capabilities":{"bounding":["CAP_SYS_ADMIN","CAP_CHOWN"],"ambient":["CAP_BPF"]},"user":{"uid":0}}}""", "CAP_ADD(BPF,SYS_ADMIN) ROOT_USER")]
    [InlineData("""{"process":{"user":{"uid":1000},"noNewPrivileges":false,"env":["PATH=/bin","DB_PASSWORD=hush"]}}""", "ENV_SECRET(DB_PASSWORD)")]
    [InlineData("""{"process":{"apparmorProfile":"unconfined","selinuxLabel":"system_u:system_r:spc_t:s0"}}""", "NO_APPARMOR NO_SELINUX")]
    [InlineData("""{"root":{"path":"/"},"hooks":{"prestart":[{"path":"/tmp/evil"}],"startContainer":[{"path":"/bin/in"}]}}""", "HOST_EXEC(/tmp/evil) ROOTFS(/)")]
    [InlineData("""{"mounts":[{"destination":"/proc","type":"proc","source":"proc"},{"destination":"/h","type":"none","source":"/etc","options":["rbind","ro"]},{"destination":"/d","type":"ext4","source":"/dev/sda1"}]}""", "HOST_MOUNT(/dev/sda1) HOST_MOUNT(/etc)")]
    [InlineData("""{"mounts":[{"destination":"/o","type":"overlay","source":"overlay","options":["lowerdir=/:/srv","workdir=/w"]}]}""", "HOST_MOUNT(/) HOST_MOUNT(/srv)")]
    [InlineData("""{"Process":{"USER":{"Uid":0}}}""", "ROOT_USER")] // Go's own JSON
    public void A_specification_of_a_container_says(string text, string facts) => Assert.Equal(facts, Manifest.Facts(ManifestFormat.OciSpec, text));

    [Theory]
    [InlineData("# keys\n\nAPI_TOKEN=hush\n  export DB_PASSWORD = x\nLANG=C\nMY_SECRET\n", "ENV_SECRET(API_TOKEN) ENV_SECRET(DB_PASSWORD) ENV_SECRET(MY_SECRET)")]
    [InlineData("\uFEFFAPI_TOKEN=x\r\n#A_TOKEN=y\r\n", "ENV_SECRET(API_TOKEN)")]
    [InlineData("KEY=\"-----BEGIN\nMIIBTOKEN=\n\"\nB_TOKEN=1", "ENV_SECRET(B_TOKEN)")] // a value over lines holds no names
    [InlineData("KEY='a\nMIIBTOKEN=\n'\nB_TOKEN=1", "ENV_SECRET(B_TOKEN)")]
    [InlineData("KEY=\"never closed\nB_TOKEN=1", "ENV_SECRET(B_TOKEN)")]
    [InlineData("KEY=\"a\\\"\nB_TOKEN=\"\nC_TOKEN=1", "ENV_SECRET(C_TOKEN)")]
    [InlineData("two words TOKEN=1", "")]
    [InlineData("", "")]
    public void A_file_of_variables_tells_their_names(string text, string facts) => Assert.Equal(facts, Manifest.Facts(ManifestFormat.EnvFile, text));

    [Fact]
    public void Evidence_of_a_variable_is_its_name()
    {
        ManifestContent content = Manifest.Read(ManifestFormat.EnvFile, "LANG=C\n");
        Assert.Equal("file#1 LANG", Assert.Single(content.Facts).Evidence);
    }
}
