using Tallyman.Agent.Alerts;
using Tallyman.Agent.CommandLines;
using Tallyman.Agent.Model;
using Xunit;

namespace Tallyman.Agent.Tests.CommandLines;

/// <summary>Every spelling of what gives access to the host, tool by tool, and the spellings beside them that do not. Facts are complete.</summary>
public class DangerousFormsTests
{
    [Theory]
    [InlineData("docker run --privileged=1 x", "PRIVILEGED")]
    [InlineData("docker run --privileged=T x", "PRIVILEGED")]
    [InlineData("docker run --privileged --privileged=0 x", "")]
    [InlineData("docker run --privileged=f x", "")]
    [InlineData("docker run --privileged false x", "PRIVILEGED")]
    [InlineData("docker run --net host x", "HOST_NET")]
    [InlineData("docker run --network bridge --network host x", "")]
    [InlineData("docker run --network name=host,alias=a x", "HOST_NET")]
    [InlineData("docker run --network Name=HOST x", "HOST_NET")]
    [InlineData("docker run --network HOST x", "")]
    [InlineData("docker run --pid=host --pid= x", "")]
    [InlineData("docker run --pid container:web x", "JOIN_NS(pid=container:web)")]
    [InlineData("docker run -v /:/h:ro,rslave x", "HOST_MOUNT(/)")]
    [InlineData("docker run -v //etc/../:/h x", "HOST_MOUNT(/)")]
    [InlineData("docker run -v ./x:/h x", "HOST_MOUNT(./x)")]
    [InlineData("docker run -v a/b:/h x", "")]
    [InlineData("docker run -v /:/a -v /etc:/b x", "HOST_MOUNT(/) HOST_MOUNT(/etc)")]
    [InlineData("docker run --mount type=bind,source=/,destination=/h,readonly x", "HOST_MOUNT(/)")]
    [InlineData("docker run --mount TYPE=BIND,SRC=/,DST=/h x", "HOST_MOUNT(/)")]
    [InlineData("docker run --mount src=/,dst=/h x", "")]
    [InlineData("docker run --mount 'type=bind,\"src=/a,b\",dst=/h' x", "HOST_MOUNT(/a,b)")]
    [InlineData("docker run --mount type=volume,dst=/h,volume-opt=type=none,volume-opt=o=bind,volume-opt=device=/etc x", "HOST_MOUNT(/etc)")]
    [InlineData("docker volume create -o type=none -o o=bind -o device=/ v", "HOST_MOUNT(/)")]
    [InlineData("docker run --cap-add cap_sys_admin x", "CAP_ADD(SYS_ADMIN)")]
    [InlineData("docker run --cap-add SYS_ADMIN,NET_ADMIN x", "")]
    [InlineData("docker run --security-opt seccomp:unconfined x", "NO_SECCOMP")]
    [InlineData("docker run --security-opt systempaths:unconfined x", "")]
    [InlineData("docker run --security-opt label:disable x", "NO_SELINUX")]
    [InlineData("docker run --device /dev/sda:/dev/x:rwm x", "DEVICE(/dev/sda)")]
    [InlineData("docker run --volumes-from db x", "VOLUMES_FROM(db)")]
    [InlineData("docker run --cgroup-parent=/ --runtime crun x", "CGROUP_PARENT(/) RUNTIME(crun)")]
    [InlineData("docker service update --mount-add type=bind,src=/,dst=/h --cap-add SYS_ADMIN web", "CAP_ADD(SYS_ADMIN) HOST_MOUNT(/)")]
    [InlineData("docker buildx build --allow security.insecure,network.host .", "HOST_NET PRIVILEGED")]
    [InlineData("docker run --use-api-socket x", "HOST_MOUNT(/var/run/docker.sock)")]
    public void Docker(string line, string facts) => Means(line, facts);

    [Theory]
    [InlineData("podman run --net host x", "HOST_NET")]
    [InlineData("podman run --network bridge --network host x", "")]
    [InlineData("podman run --network name=host x", "")]
    [InlineData("podman run --uts host --userns host --cgroupns host --ipc host x", "HOST_CGROUPNS HOST_IPC HOST_USERNS HOST_UTS")]
    [InlineData("podman run --pid ns:/proc/1/ns/pid x", "JOIN_NS(pid=ns:/proc/1/ns/pid)")]
    [InlineData("podman run --userns container:web x", "JOIN_NS(user=container:web)")]
    [InlineData("podman run -v ~/x:/h x", "")]
    [InlineData("podman run -v .:/h:Z x", "HOST_MOUNT(.)")]
    [InlineData("podman run --mount type=bind,dest=/etc x", "HOST_MOUNT(/etc)")]
    [InlineData("podman run --mount TYPE=bind,src=/,dst=/h x", "")]
    [InlineData("podman run --mount type=glob,src=/etc/* x", "HOST_MOUNT(/etc/*)")]
    [InlineData("podman run --mount type=tmpfs,dst=/etc x", "")]
    [InlineData("podman run --rootfs /srv/r:O sh", "ROOTFS(/srv/r)")]
    [InlineData("podman run --cap-add all x", "CAP_ADD(ALL)")]
    [InlineData("podman run --device /dev/sda,/dev/sdb x", "DEVICE(/dev/sda) DEVICE(/dev/sdb)")]
    [InlineData("podman run --security-opt systempaths:unconfined x", "UNMASKED_PATHS")]
    [InlineData("podman run --security-opt unmask=/proc/acpi:/sys/firmware x", "UNMASKED_PATHS")]
    [InlineData("podman run --security-opt seccomp=/tmp/p.json x", "SECCOMP_FILE(/tmp/p.json)")]
    [InlineData("podman run --env-host -e 'AWS_*' -e DB_PASSWORD x", "ENV_SECRET(DB_PASSWORD) HOST_ENV")]
    [InlineData("podman create --privileged x", "PRIVILEGED")]
    [InlineData("podman --remote --url tcp://h:1 ps", "REMOTE(tcp://h:1)")]
    [InlineData("podman -c prod ps", "CTX(prod)")]
    [InlineData("podman --remote ps", "REMOTE(default)")]
    [InlineData("podman --runtime crun run x", "RUNTIME(crun)")]
    [InlineData("podman --conmon /tmp/c run x", "HOST_EXEC(conmon=/tmp/c)")]
    [InlineData("podman --storage-opt overlay.mount_program=/tmp/m run x", "HOST_EXEC(storage-opt=overlay.mount_program=/tmp/m)")]
    [InlineData("podman unshare cat /etc/shadow", "HOST_EXEC(unshare)")]
    [InlineData("podman machine ssh vm id", "HOST_EXEC(machine ssh)")]
    [InlineData("podman kube play a.yaml https://x/b.yaml -", "MANIFEST(-) MANIFEST(a.yaml) MANIFEST(https://x/b.yaml)")]
    [InlineData("podman pod create --userns host --security-opt label=disable -v /:/h p", "HOST_MOUNT(/) HOST_USERNS NO_SELINUX")]
    [InlineData("podman exec -u 0 web sh", "EXEC ROOT_USER")]
    [InlineData("podman volume create --opt type=none --opt o=bind --opt device=/root v", "HOST_MOUNT(/root)")]
    [InlineData("podman secret inspect --showsecret s", "SECRETS_READ")]
    [InlineData("podman system service tcp:0.0.0.0:8080", "PROXY")]
    public void Podman(string line, string facts) => Means(line, facts);

    [Theory]
    [InlineData("nerdctl run --net bridge --network host x", "HOST_NET")]
    [InlineData("nerdctl run --net HOST x", "")]
    [InlineData("nerdctl run --pid Host --ipc HOST x", "HOST_IPC HOST_PID")]
    [InlineData("nerdctl run --uts HOST x", "")]
    [InlineData("nerdctl run -v :/:/h x", "HOST_MOUNT(/)")]
    [InlineData("nerdctl run -v data:/h x", "")]
    [InlineData("nerdctl run --mount type=volume,src=/etc,dst=/h x", "HOST_MOUNT(/etc)")]
    [InlineData("nerdctl run --mount Type=bind,Source=/,Target=/h x", "HOST_MOUNT(/)")]
    [InlineData("nerdctl run --mount type=BIND,src=/,dst=/h x", "")]
    [InlineData("nerdctl run --cap-add sys_admin,chown x", "CAP_ADD(CHOWN,SYS_ADMIN)")]
    [InlineData("nerdctl run --security-opt seccomp:unconfined x", "")]
    [InlineData("nerdctl run --security-opt seccomp=unconfined --security-opt apparmor=unconfined x", "NO_APPARMOR NO_SECCOMP")]
    [InlineData("nerdctl run --log-driver binary:///tmp/x?a=b x", "HOST_EXEC(log-driver=binary:///tmp/x?a=b)")]
    [InlineData("nerdctl run --runtime /tmp/shim x", "HOST_EXEC(runtime=/tmp/shim) RUNTIME(/tmp/shim)")]
    [InlineData("nerdctl -n k8s.io -a /run/x.sock exec web sh", "EXEC NS(k8s.io) REMOTE(/run/x.sock)")]
    [InlineData("nerdctl --userns-remap host run x", "HOST_USERNS")]
    [InlineData("nerdctl compose -f a.yml up -d", "MANIFEST(a.yml)")]
    public void Nerdctl(string line, string facts) => Means(line, facts);

    [Theory]
    [InlineData("ctr run --with-ns pid:/proc/1/ns/pid --seccomp i x", "HOST_PID")]
    [InlineData("ctr run --with-ns network:/proc/77/ns/net --seccomp i x", "JOIN_NS(net=/proc/77/ns/net)")]
    [InlineData("ctr run --with-ns mount:/proc/1/ns/mnt --seccomp i x", "JOIN_NS(mount=/proc/1/ns/mnt)")]
    [InlineData("ctr run --mount type=bind,src=/,dst=/h,options=rbind:rw --seccomp i x", "HOST_MOUNT(/)")]
    [InlineData("ctr run --mount TYPE=bind,SRC=/,dst=/h --seccomp i x", "")]
    [InlineData("ctr run --mount type=ext4,src=/dev/sda1,dst=/h --seccomp i x", "HOST_MOUNT(/dev/sda1)")]
    [InlineData("ctr run --mount type=overlay,src=overlay,dst=/h,options=lowerdir=/etc --seccomp i x", "HOST_MOUNT(/etc)")]
    [InlineData("ctr run --cap-add SYS_ADMIN --seccomp i x", "")]
    [InlineData("ctr run -cap-add=CAP_SYS_ADMIN -seccomp i x", "CAP_ADD(SYS_ADMIN)")]
    [InlineData("ctr c create --privileged i x", "NO_SECCOMP PRIVILEGED")]
    [InlineData("ctr run --seccomp --seccomp-profile /tmp/p i x", "SECCOMP_FILE(/tmp/p)")]
    [InlineData("ctr run --seccomp --log-uri binary:///tmp/x i x", "HOST_EXEC(log-uri=binary:///tmp/x)")]
    [InlineData("ctr run --seccomp --runtime io.containerd.kata.v2 i x", "RUNTIME(io.containerd.kata.v2)")]
    [InlineData("ctr -a /run/x.sock -n moby t exec --exec-id 1 web sh", "EXEC NS(moby) REMOTE(/run/x.sock)")]
    [InlineData("ctr t attach web", "ATTACH")]
    [InlineData("ctr images ls", "")]
    public void Ctr(string line, string facts) => Means(line, facts);

    [Theory]
    [InlineData("crictl run c.json p.yaml", "MANIFEST(c.json) MANIFEST(p.yaml)")]
    [InlineData("crictl run -r kata c.json p.yaml", "MANIFEST(c.json) MANIFEST(p.yaml) RUNTIME(kata)")]
    [InlineData("crictl exec -it --name web -- sh", "EXEC")]
    [InlineData("crictl attach abc", "ATTACH")]
    [InlineData("crictl ps -a", "")]
    public void Crictl(string line, string facts) => Means(line, facts);

    [Theory]
    [InlineData("kubectl set env deploy/web DB_PASSWORD=x LANG=C OLD-", "ENV_SECRET(DB_PASSWORD)")]
    [InlineData("kubectl set env deploy/web -e API_TOKEN=x", "ENV_SECRET(API_TOKEN)")]
    [InlineData("kubectl set image deploy/web web=evil:1", "")]
    [InlineData("kubectl set subject clusterrolebinding admins --user=ann", "RBAC_GRANT(subject)")]
    public void Kubectl(string line, string facts) => Means(line, facts);

    [Theory]
    [InlineData("docker run x nsenter -at1", "nsenter")]
    [InlineData("docker run x nsenter --mount=/proc/1/ns/mnt sh", "nsenter")]
    [InlineData("docker run x sh -c \"chroot /host sh\"", "chroot")]
    [InlineData("docker run x sh -c \"sh -c 'exec chroot /host'\"", "chroot")]
    [InlineData("docker run x env A=b timeout 5 bash -ec 'true && nsenter -t 1 -m'", "nsenter")]
    [InlineData("podman run --entrypoint '[\"nsenter\",\"-t\",\"1\"]' x -m", "nsenter")]
    [InlineData("podman run --entrypoint nsenter x -t1", "nsenter")]
    [InlineData("nerdctl run --entrypoint sh --entrypoint -c --entrypoint 'unshare -m' x", "unshare")]
    [InlineData("kubectl run x --image=y -- chroot /host", "chroot")]
    [InlineData("kubectl exec x -- cat /proc/1/root/etc/shadow", "/proc/1/root")]
    [InlineData("ctr t exec --exec-id 1 web sh -c 'echo /x > /c/release_agent'", "release_agent")]
    [InlineData("crictl exec abc nsenter -t1 -m", "nsenter")]
    [InlineData("docker run --health-cmd 'nsenter -t 1 -m id' x", "nsenter")]
    [InlineData("docker run --health-cmd 'curl -f http://localhost' x", "")]
    [InlineData("docker run x echo nsenter", "")]
    [InlineData("docker run --name nsenter x", "")]
    [InlineData("docker run x sh -c 'echo \"nsenter -t1\"'", "")]
    public void What_leads_out_of_the_container_is_seen_in_its_command(string line, string programs) =>
        Assert.Equal(programs, string.Join(' ', Read(line).Facts.Where(static fact => fact.Kind == FactKind.InnerCommand).Select(static fact => fact.Value)));

    [Theory]
    [InlineData("kubectl exec web -- cat /var/run/secrets/kubernetes.io/serviceaccount/token")]
    [InlineData("docker exec web sh -c 'cat /run/secrets/kubernetes.io/serviceaccount/token | base64'")]
    [InlineData("kubectl cp web:/var/run/secrets/kubernetes.io/serviceaccount /tmp/x")]
    public void The_token_of_a_pod_is_a_secret(string line) => Assert.Contains("SECRETS_READ", FactReport.Of(Read(line)));

    private static void Means(string line, string facts) => Assert.Equal(facts, string.Join(' ', FactReport.Of(Read(line))));

    private static Invocation Read(string line)
    {
        Argv argv = Argv.Of([.. ShellWords.Split(line)]);
        Invocation invocation = CommandLineReader.Read(Executables.OfPath(argv[0])!, argv, "/srv");
        Assert.Null(invocation.Error);
        return invocation;
    }
}
