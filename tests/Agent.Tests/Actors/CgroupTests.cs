using Tallyman.Agent.Actors;
using Tallyman.Agent.Model;
using Xunit;

namespace Tallyman.Agent.Tests.Actors;

/// <summary>Cgroups as runtimes, kubelet and systemd name them; whose naming it is stands first.</summary>
public class CgroupTests
{
    private const string Id = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    private const string Other = "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210";
    private const string Uid = "6b8a1f0e-13c5-4d0e-9a57-0d5d2f1c9b11";
    private const string Escaped = "6b8a1f0e_13c5_4d0e_9a57_0d5d2f1c9b11";
    private const string Hash = "3c1e2f6d4b5a69788796a5b4c3d2e1f0";

    [Theory]
    [InlineData("moby daemon/daemon_unix.go, cgroupfs, v1 and v2", "/docker/" + Id, "docker")]
    [InlineData("moby daemon/daemon_unix.go, systemd", "/system.slice/docker-" + Id + ".scope", "docker")]
    [InlineData("the same with an init that makes cgroups", "/docker/" + Id + "/init", "docker")]
    [InlineData("runc without systemd, with systemd's names", "/system.slice:docker:" + Id, "docker")]
    [InlineData("docker in docker", "/docker/" + Other + "/docker/" + Id, "docker")]
    [InlineData("containerd internal/cri, systemd", "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1.slice/cri-containerd-" + Id + ".scope", "cri-containerd")]
    [InlineData("containerd internal/cri, cgroupfs", "/kubepods/besteffort/pod" + Uid + "/" + Id + "/inner", "")]
    [InlineData("containerd internal/cri without systemd, kubelet with it", "/system.slice/containerd.service/kubepods-pod1.slice:cri-containerd:" + Id, "cri-containerd")]
    [InlineData("cri-o internal/config/cgmgr, systemd", "/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod1.slice/crio-" + Id + ".scope/container", "crio")]
    [InlineData("cri-o internal/config/cgmgr, cgroupfs", "/kubepods/burstable/pod" + Uid + "/crio-" + Id, "crio")]
    [InlineData("podman libpod, systemd", "/machine.slice/libpod-" + Id + ".scope/container", "libpod")]
    [InlineData("podman libpod, in a pod", "/machine.slice/machine-libpod_pod_" + Other + ".slice/libpod-" + Id + ".scope", "libpod")]
    [InlineData("podman libpod, cgroupfs", "/libpod_parent/libpod-" + Id, "libpod")]
    [InlineData("podman libpod, without root", "/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" + Id + ".scope/container", "libpod")]
    [InlineData("nerdctl pkg/cmd/container, systemd", "/system.slice/nerdctl-" + Id + ".scope", "nerdctl")]
    [InlineData("nerdctl pkg/cmd/container, cgroupfs: namespace and id", "/default/" + Id, "")]
    [InlineData("a runtime that nobody knows", "/x.slice/other-" + Id + ".scope", "")]
    [InlineData("kind: a kubelet in docker", "/docker/" + Other + "/kubelet/kubepods/pod" + Uid + "/" + Id, "")]
    public void A_container_is_known_by_its_cgroup(string source, string cgroup, string runtime) =>
        Assert.True(ContainerCgroup.In(cgroup) == new Container(Id, runtime), $"{source}: {ContainerCgroup.In(cgroup)}");

    [Theory]
    [InlineData("/machine.slice/libpod-conmon-" + Id + ".scope")]
    [InlineData("/system.slice/crio-conmon-" + Id + ".scope")]
    [InlineData("/user.slice/user-1000.slice/session-3.scope")]
    [InlineData("/system.slice/x" + Id)]
    [InlineData("/system.slice/docker-" + Id + ".service")]
    [InlineData("/docker/0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef")]
    [InlineData("/docker/")]
    [InlineData("/")]
    [InlineData("")]
    public void What_runs_beside_containers_or_without_is_in_none(string cgroup) => Assert.Null(ContainerCgroup.In(cgroup));

    [Theory]
    [InlineData("cgroupfs", "/kubepods/burstable/pod" + Uid + "/" + Id, Uid, "Burstable")]
    [InlineData("cgroupfs", "/kubepods/besteffort/pod" + Uid + "/crio-" + Id, Uid, "BestEffort")]
    [InlineData("cgroupfs", "/kubepods/pod" + Uid + "/" + Id, Uid, "Guaranteed")]
    [InlineData("cgroupfs, static pod", "/kubepods/burstable/pod" + Hash + "/" + Id, Hash, "Burstable")]
    [InlineData("cgroupfs, the pod itself", "/kubepods/pod" + Uid, Uid, "Guaranteed")]
    [InlineData("systemd", "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" + Escaped + ".slice/cri-containerd-" + Id + ".scope", Uid, "Burstable")]
    [InlineData("systemd", "/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod" + Escaped + ".slice/crio-" + Id + ".scope", Uid, "BestEffort")]
    [InlineData("systemd", "/kubepods.slice/kubepods-pod" + Escaped + ".slice/cri-containerd-" + Id + ".scope", Uid, "Guaranteed")]
    [InlineData("systemd, static pod", "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" + Hash + ".slice/crio-" + Id + ".scope", Hash, "Burstable")]
    [InlineData("systemd, containerd without it", "/system.slice/containerd.service/kubepods-burstable-pod" + Escaped + ".slice:cri-containerd:" + Id, Uid, "Burstable")]
    [InlineData("kind, --cgroup-root=/kubelet", "/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-besteffort.slice/kubelet-kubepods-besteffort-pod" + Escaped + ".slice/cri-containerd-" + Id + ".scope", Uid, "BestEffort")]
    [InlineData("kind, --cgroup-root=/kubelet", "/docker/" + Other + "/kubelet/kubepods/burstable/pod" + Uid + "/" + Id, Uid, "Burstable")]
    public void A_pod_is_known_by_its_cgroup_with_both_drivers_of_the_kubelet(string driver, string cgroup, string uid, string qos) =>
        Assert.True(PodCgroup.In(cgroup) == new Pod(uid, qos), $"{driver}: {PodCgroup.In(cgroup)}");

    [Theory]
    [InlineData("/kubepods.slice/kubepods-burstable.slice")]
    [InlineData("/kubepods/burstable/pod1/" + Id)]
    [InlineData("/kubepods/burstable/pod" + Uid + "0/" + Id)]
    [InlineData("/kubepods/other/pod" + Uid + "/" + Id)]
    [InlineData("/burstable/pod" + Uid + "/" + Id)]
    [InlineData("/machine.slice/machine-libpod_pod_" + Other + ".slice/libpod-" + Id + ".scope")]
    [InlineData("pod" + Uid)]
    [InlineData("/")]
    [InlineData("")]
    public void What_looks_like_a_pod_is_none(string cgroup) => Assert.Null(PodCgroup.In(cgroup));

    [Theory]
    [InlineData("/system.slice/ssh.service", "ssh.service", "", "system.slice")]
    [InlineData("/system.slice/system-getty.slice/getty@tty1.service", "getty@tty1.service", "", "system-getty.slice")]
    [InlineData(@"/system.slice/system-systemd\x2dcryptsetup.slice/systemd-cryptsetup@dm\x2ddata.service", "systemd-cryptsetup@dm-data.service", "", "system-systemd-cryptsetup.slice")]
    [InlineData("/system.slice/cron.service/a/b", "cron.service", "", "system.slice")]
    [InlineData("/system.slice/_cpu.service", "cpu.service", "", "system.slice")]
    [InlineData("/system.slice/docker-" + Id + ".scope", "docker-" + Id + ".scope", "", "system.slice")]
    [InlineData("/user.slice/user-1000.slice/session-3.scope", "session-3.scope", "", "user-1000.slice")]
    [InlineData("/user.slice/user-1000.slice/user@1000.service/init.scope", "user@1000.service", "init.scope", "user-1000.slice")]
    [InlineData(@"/user.slice/user-1000.slice/user@1000.service/app.slice/app-gnome\x2dterminal-1.scope", "user@1000.service", "app-gnome-terminal-1.scope", "user-1000.slice")]
    [InlineData("/user.slice/user-1000.slice/user@1000.service/app.slice/app-x.slice/x@1.service/y", "user@1000.service", "x@1.service", "user-1000.slice")]
    [InlineData("/init.scope", "init.scope", "", "")]
    [InlineData("/user.slice", "", "", "user.slice")]
    [InlineData(@"/system.slice/a\xc3\xa9\xzz\x2.service", @"aé\xzz\x2.service", "", "system.slice")]
    [InlineData(@"/system.slice/a\xff.service", @"a\xff.service", "", "system.slice")]
    public void Units_are_known_by_their_cgroups(string cgroup, string unit, string userUnit, string slice) =>
        Assert.Equal(new SystemdUnit(unit, userUnit, slice), SystemdCgroup.In(cgroup));

    [Theory]
    [InlineData("/docker/" + Id)]
    [InlineData("/docker/" + Id + "/system.slice/ssh.service")]
    [InlineData("…/system.slice/ssh.service")]
    [InlineData("/.service")]
    [InlineData("/.slice")]
    [InlineData("/")]
    [InlineData("")]
    public void What_systemd_has_not_made_is_in_no_unit(string cgroup) => Assert.Null(SystemdCgroup.In(cgroup));
}
