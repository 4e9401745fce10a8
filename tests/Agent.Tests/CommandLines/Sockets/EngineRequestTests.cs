using System.Text;
using Tallyman.Agent.Alerts;
using Tallyman.Agent.CommandLines.Sockets;
using Tallyman.Agent.Model;
using Xunit;

namespace Tallyman.Agent.Tests.CommandLines.Sockets;

public class EngineRequestTests
{
    [Theory]
    // docker
    [InlineData("""{"HostConfig":{"Privileged":true}}""", "PRIVILEGED", "HostConfig.Privileged")]
    [InlineData("""{"hostconfig":{"pRIVILEGED":true}}""", "PRIVILEGED", "hostconfig.pRIVILEGED")]
    [InlineData("""{"HoſtConfig":{"Privileged":true}}""", "PRIVILEGED", "HoſtConfig.Privileged")]
    [InlineData("""{"Privileged":true,"Cmd":["id"]}""", "PRIVILEGED", "Privileged")]
    [InlineData("""{"HostConfig":{"Binds":["data:/d","//etc/:/h:ro"]}}""", "HOST_MOUNT(/etc)", "HostConfig.Binds[1]")]
    [InlineData("""{"HostConfig":{"Mounts":[{"Type":"bind","Source":"/","Target":"/h"}]}}""", "HOST_MOUNT(/)", "HostConfig.Mounts[0]")]
    [InlineData("""{"HostConfig":{"Mounts":[{"Type":"volume","VolumeOptions":{"DriverConfig":{"Options":{"type":"none","o":"bind","device":"/"}}}}]}}""", "HOST_MOUNT(/)", "HostConfig.Mounts[0]")]
    [InlineData("""{"Name":"v","DriverOpts":{"type":"none","o":"bind","device":"/"}}""", "HOST_MOUNT(/)", "")]
    [InlineData("""{"HostConfig":{"NetworkMode":"host"}}""", "HOST_NET", "HostConfig.NetworkMode")]
    [InlineData("""{"HostConfig":{"PidMode":"host"}}""", "HOST_PID", "HostConfig.PidMode")]
    [InlineData("""{"HostConfig":{"PidMode":"container:x"}}""", "JOIN_NS(pid=container:x)", "HostConfig.PidMode")]
    [InlineData("""{"HostConfig":{"IpcMode":"host"}}""", "HOST_IPC", "HostConfig.IpcMode")]
    [InlineData("""{"HostConfig":{"UTSMode":"host"}}""", "HOST_UTS", "HostConfig.UTSMode")]
    [InlineData("""{"HostConfig":{"UsernsMode":"host"}}""", "HOST_USERNS", "HostConfig.UsernsMode")]
    [InlineData("""{"HostConfig":{"CgroupnsMode":"host"}}""", "HOST_CGROUPNS", "HostConfig.CgroupnsMode")]
    [InlineData("""{"HostConfig":{"CapAdd":["CAP_SYS_ADMIN"]}}""", "CAP_ADD(SYS_ADMIN)", "HostConfig.CapAdd")]
    [InlineData("""{"HostConfig":{"SecurityOpt":["seccomp=unconfined"]}}""", "NO_SECCOMP", "HostConfig.SecurityOpt")]
    [InlineData("""{"HostConfig":{"SecurityOpt":["apparmor:unconfined"]}}""", "NO_APPARMOR", "HostConfig.SecurityOpt")]
    [InlineData("""{"HostConfig":{"SecurityOpt":["label=disable"]}}""", "NO_SELINUX", "HostConfig.SecurityOpt")]
    [InlineData("""{"HostConfig":{"MaskedPaths":[]}}""", "UNMASKED_PATHS", "HostConfig.MaskedPaths")]
    [InlineData("""{"HostConfig":{"Devices":[{"PathOnHost":"/dev/sda","PathInContainer":"/dev/x"}]}}""", "DEVICE(/dev/sda)", "HostConfig.Devices[0]")]
    [InlineData("""{"HostConfig":{"DeviceRequests":[{"Count":-1}]}}""", "GPUS", "HostConfig.DeviceRequests")]
    [InlineData("""{"HostConfig":{"VolumesFrom":["web:ro"]}}""", "VOLUMES_FROM(web:ro)", "HostConfig.VolumesFrom")]
    [InlineData("""{"HostConfig":{"CgroupParent":"/x"}}""", "CGROUP_PARENT(/x)", "HostConfig.CgroupParent")]
    [InlineData("""{"HostConfig":{"Runtime":"x"}}""", "RUNTIME(x)", "HostConfig.Runtime")]
    [InlineData("""{"User":"root"}""", "ROOT_USER", "User")]
    [InlineData("""{"Env":["LANG=C","API_TOKEN=x"]}""", "ENV_SECRET(API_TOKEN)", "Env")]
    [InlineData("""{"TaskTemplate":{"ContainerSpec":{"Mounts":[{"Type":"bind","Source":"/"}]}}}""", "HOST_MOUNT(/)", "TaskTemplate.ContainerSpec.Mounts[0]")]
    // libpod
    [InlineData("""{"image":"x","privileged":true}""", "PRIVILEGED", "privileged")]
    [InlineData("""{"mounts":[{"type":"bind","source":"/","destination":"/h","options":["rbind"]}]}""", "HOST_MOUNT(/)", "mounts[0]")]
    [InlineData("""{"netns":{"nsmode":"host"}}""", "HOST_NET", "netns")]
    [InlineData("""{"pidns":{"nsmode":"container","value":"x"}}""", "JOIN_NS(pid=container:x)", "pidns")]
    [InlineData("""{"ipcns":{"nsmode":"path","value":"/proc/1/ns/ipc"}}""", "JOIN_NS(ipc=ns:/proc/1/ns/ipc)", "ipcns")]
    [InlineData("""{"cap_add":["sys_ptrace"]}""", "CAP_ADD(SYS_PTRACE)", "cap_add")]
    [InlineData("""{"devices":[{"path":"/dev/kvm"}]}""", "DEVICE(/dev/kvm)", "devices[0]")]
    [InlineData("""{"seccomp_profile_path":"unconfined"}""", "NO_SECCOMP", "seccomp_profile_path")]
    [InlineData("""{"seccomp_profile_path":"/x.json"}""", "SECCOMP_FILE(/x.json)", "seccomp_profile_path")]
    [InlineData("""{"apparmor_profile":"unconfined"}""", "NO_APPARMOR", "apparmor_profile")]
    [InlineData("""{"selinux_opts":["disable"]}""", "NO_SELINUX", "selinux_opts")]
    [InlineData("""{"unmask":["ALL"]}""", "UNMASKED_PATHS", "unmask")]
    [InlineData("""{"rootfs":"/"}""", "ROOTFS(/)", "rootfs")]
    [InlineData("""{"oci_runtime":"/x"}""", "RUNTIME(/x)", "oci_runtime")]
    [InlineData("""{"env":{"DB_PASSWORD":"x"}}""", "ENV_SECRET(DB_PASSWORD)", "env")]
    [InlineData("""{"env_host":true}""", "HOST_ENV", "env_host")]
    // What stands around it hides nothing.
    [InlineData("""{"x":"\ud800","HostConfig":{"Privileged":true}} and more""", "PRIVILEGED", "HostConfig.Privileged")]
    [InlineData("""{"\udc00\\ud800":1,"HostConfig":{"Privileged":true}}""", "PRIVILEGED", "HostConfig.Privileged")]
    public void A_body_asks_for_what_its_keys_say(string body, string fact, string place)
    {
        EngineRequest request = EngineRequest.Read("b.json", Encoding.UTF8.GetBytes(body), 7);

        Assert.Null(request.Error);
        Assert.Equal([fact], FactReport.Of(Invocation(request)));
        Fact found = request.Facts.Single(each => FactReport.Of(new Invocation(Tool.Curl, "") { Facts = [each] }).Count > 0);
        Assert.Equal((7, $"b.json {place}".TrimEnd()), (found.Arg, found.Evidence));
    }

    [Theory]
    [InlineData("""{"HostConfig":{"Privileged":false,"NetworkMode":"bridge","PidMode":"","Binds":["data:/d"],"CapAdd":["X"],"MaskedPaths":null,"DeviceRequests":[]}}""")]
    [InlineData("""{"HostConfig":{"Privileged":"true","Binds":"x","Mounts":{},"Devices":[1,"x",{}],"NetworkMode":1}}""")]
    [InlineData("""{"Labels":{"Privileged":true},"Env":["A=Privileged"],"User":"1000"}""")]
    [InlineData("""{"HostConfig":[{"Privileged":true}]}""")]
    [InlineData("""[{"HostConfig":{"Privileged":true}}]""")]
    [InlineData("true")]
    public void What_is_not_asked_for_is_not_said(string body) =>
        Assert.Empty(FactReport.Of(Invocation(EngineRequest.Read("b.json", Encoding.UTF8.GetBytes(body)))));

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("a=b")]
    [InlineData("{\"HostConfig\":{\"Privileged\":true}")]
    public void What_is_no_JSON_is_said(string body) => Assert.Equal("b: the body is no JSON", EngineRequest.Read("b", Encoding.UTF8.GetBytes(body)).Error);

    [Fact]
    public void The_command_in_the_body_is_read_behind_the_entrypoint()
    {
        EngineRequest request = EngineRequest.Read("b", """{"Image":"alpine","Cmd":["-c","chroot /host id"],"Entrypoint":["sh"]}"""u8);

        Fact inner = Assert.Single(request.Facts);
        Assert.Equal((FactKind.InnerCommand, "chroot", "/host"), (inner.Kind, inner.Value, inner.Path));
        Assert.Equal("alpine", request.Image);
    }

    [Fact]
    public void A_body_may_be_as_deep_as_the_engine_takes_it_and_no_longer_than_a_megabyte()
    {
        string deep = new string('[', 5000) + new string(']', 5000);
        Assert.Single(EngineRequest.Read("b", Encoding.UTF8.GetBytes($"{{\"x\":{deep},\"Privileged\":true}}")).Facts);

        EngineRequest tooLong = EngineRequest.Read("b", new byte[2 * 1024 * 1024]);
        Assert.Contains("1048576 bytes at most, has 2097152", tooLong.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Any_bytes_are_a_body()
    {
        int seed = Environment.TickCount;
        var random = new Random(seed);
        byte[] good = """{"Image":"x","Cmd":["sh","-c","nsenter"],"HostConfig":{"Privileged":true,"Binds":["/:/h"],"Mounts":[{"Type":"bind","Source":"/"}],"Devices":[{"PathOnHost":"/dev/sda"}]},"netns":{"nsmode":"\ud83d\ude00"}}"""u8.ToArray();
        for (int i = 0; i < 20_000; i++)
        {
            byte[] body = [.. good];
            for (int n = random.Next(6); n > 0; n--)
            {
                body[random.Next(body.Length)] = random.Next(3) == 0 ? (byte)random.Next(256) : good[random.Next(good.Length)];
            }

            try
            {
                EngineRequest.Read("b", body);
            }
            catch (Exception e)
            {
                Assert.Fail($"seed {seed}, round {i}: {Encoding.Latin1.GetString(body)}\n{e}");
            }
        }
    }

    private static Invocation Invocation(EngineRequest request) => new(Tool.Curl, "") { Facts = request.Facts };
}
