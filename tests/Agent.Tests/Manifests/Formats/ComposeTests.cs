using Tallyman.Agent.Manifests;
using Tallyman.Agent.Model;
using Xunit;

namespace Tallyman.Agent.Tests.Manifests.Formats;

public class ComposeTests
{
    [Theory]
    [InlineData("privileged: true", "PRIVILEGED")]
    [InlineData("privileged: 'Yes'", "PRIVILEGED")] // words, quoted or not
    [InlineData("privileged: 1", "")]
    [InlineData("Privileged: true", "")]
    [InlineData("network_mode: host", "HOST_NET")]
    [InlineData("network_mode: HOST", "")]
    [InlineData("network_mode: 'service:db'", "JOIN_NS(net=service:db)")]
    [InlineData("pid: 'container:x'", "JOIN_NS(pid=container:x)")]
    [InlineData("{pid: host, ipc: host, uts: host, userns_mode: host, cgroup: host}", "HOST_CGROUPNS HOST_IPC HOST_PID HOST_USERNS HOST_UTS")]
    [InlineData("volumes: ['/:/host:ro', './data:/d', data:/v, /anonymous]", "HOST_MOUNT(./data) HOST_MOUNT(/)")]
    [InlineData("volumes: [{type: bind, source: /etc//, target: /e, read_only: true}, {type: volume, source: v, target: /v}, {type: tmpfs, target: /t}]", "HOST_MOUNT(/etc)")]
    [InlineData("use_api_socket: true", "HOST_MOUNT(/var/run/docker.sock)")]
    [InlineData("devices: ['/dev/sda:/dev/x:rwm', {source: /dev/mem, target: /m}]", "DEVICE(/dev/mem) DEVICE(/dev/sda)")]
    [InlineData("gpus: all", "GPUS")]
    [InlineData("deploy: {resources: {reservations: {devices: [{capabilities: [gpu]}]}}}", "GPUS")]
    [InlineData("deploy: {resources: {reservations: {devices: [{driver: cdi, device_ids: ['vendor.com/dev=all']}]}}}", "DEVICE(vendor.com/dev=all)")]
    [InlineData("cap_add: [CAP_SYS_ADMIN, all]", "CAP_ADD(ALL,SYS_ADMIN)")]
    [InlineData("security_opt: ['seccomp:unconfined', apparmor=unconfined, 'label:disable', systempaths=unconfined]", "NO_APPARMOR NO_SECCOMP NO_SELINUX UNMASKED_PATHS")]
    [InlineData("security_opt: ['no-new-privileges:true', 'seccomp:p.json']", "SECCOMP_FILE(p.json)")]
    [InlineData("{cgroup_parent: /, runtime: runc2, volumes_from: ['container:db:ro', web], user: '0:0'}", "CGROUP_PARENT(/) ROOT_USER RUNTIME(runc2) VOLUMES_FROM(container:db:ro) VOLUMES_FROM(web)")]
    [InlineData("environment: {DB_PASSWORD: hush, LANG: C, API_TOKEN: }", "ENV_SECRET(API_TOKEN) ENV_SECRET(DB_PASSWORD)")]
    [InlineData("environment: [DB_PASSWORD=hush, LANG, API_TOKEN]", "ENV_SECRET(API_TOKEN) ENV_SECRET(DB_PASSWORD)")]
    [InlineData("env_file: [a.env, {path: b.env, required: false}]", "ENV_FILE(a.env) ENV_FILE(b.env)")]
    [InlineData("provider: {type: /tmp/evil}", "HOST_EXEC(/tmp/evil)")]
    [InlineData("post_start: [{command: id, privileged: true, user: root}]", "PRIVILEGED ROOT_USER")]
    [InlineData("pre_stop: [{command: id, privileged: true}]", "PRIVILEGED")]
    [InlineData("build: {privileged: true, network: host}", "HOST_NET PRIVILEGED")]
    [InlineData("build: {entitlements: [security.insecure, network.host]}", "HOST_NET PRIVILEGED")]
    [InlineData("build: .", "")]
    [InlineData("privileged: !reset true", "")]
    [InlineData("cap_add: !override [ALL]", "CAP_ADD(ALL)")]
    public void A_service_says(string service, string facts)
    {
        string web = service[0] == '{' ? $"web: {service}" : $"web:\n    {service}";
        Assert.Equal(facts, Manifest.Facts(ManifestFormat.Compose, $"services:\n  {web}\n"));
    }

    [Theory]
    [InlineData("volumes: {v: {driver: local, driver_opts: {type: none, o: 'rw,bind', device: /}}}", "HOST_MOUNT(/)")]
    [InlineData("volumes: {v: {driver_opts: {o: bind, device: ./d}}}", "HOST_MOUNT(./d)")]
    [InlineData("volumes: {v: {driver_opts: {type: nfs, device: ':/export'}}}", "")]
    [InlineData("volumes: {v: {driver_opts: {type: ext4, device: /dev/sda1}}}", "HOST_MOUNT(/dev/sda1)")]
    [InlineData("volumes: {v: {driver_opts: {type: overlay, device: overlay, o: 'lowerdir=/etc:/srv,upperdir=/tmp/u,workdir=/tmp/w'}}}", "HOST_MOUNT(/etc) HOST_MOUNT(/srv) HOST_MOUNT(/tmp/u)")]
    [InlineData("networks: {n: {external: true, name: host}}", "HOST_NET")]
    [InlineData("networks: {host: {external: true}}", "HOST_NET")]
    [InlineData("networks: {n: {external: {name: host}}}", "HOST_NET")]
    [InlineData("networks: {host: {}}", "")]
    [InlineData("secrets: {s: {file: /etc/shadow}, e: {environment: X}}", "HOST_MOUNT(/etc/shadow)")]
    [InlineData("{services: {a: {secrets: [s]}}, secrets: {s: {file: /}}}", "HOST_MOUNT(/)")]
    [InlineData("{services: {a: {build: {secrets: [{source: s}]}}}, secrets: {s: {file: k.pem}}}", "COPY_IN(k.pem)")]
    [InlineData("{services: {a: {configs: [{source: c, target: /x}]}}, configs: {c: {file: /etc}}}", "HOST_MOUNT(/etc)")]
    [InlineData("{\"services\":{\"a\":{\"privileged\":true}}}", "PRIVILEGED")]
    [InlineData("x-all: &all {privileged: true}\nservices: {a: {<<: *all}}", "PRIVILEGED")]
    [InlineData("x-all: &all {privileged: true}\nservices: {a: {<<: *all, privileged: false}}", "")]
    [InlineData("x-all: &all {privileged: true}\nservices: {a: {privileged: false, <<: *all}}", "")]
    [InlineData("x-all: {privileged: true}\nservices: {a: {image: b}}", "")]
    [InlineData("services: {a: {image: b}}\n---\nservices: {a: {privileged: true}}", "PRIVILEGED")]
    [InlineData("services: {base: {privileged: true}, a: {extends: {service: base}}}", "PRIVILEGED")]
    public void A_file_says(string file, string facts) => Assert.Equal(facts, Manifest.Facts(ManifestFormat.Compose, file));

    [Theory]
    [InlineData("$V", "host")]
    [InlineData("${V}", "host")]
    [InlineData("ho${S}t", "host")]
    [InlineData("${NONE:-host}", "host")]
    [InlineData("${NONE-host}", "host")]
    [InlineData("${EMPTY:-host}", "host")]
    [InlineData("${EMPTY-host}", "")]
    [InlineData("${V:-x}", "host")]
    [InlineData("${V:?must be set}", "host")]
    [InlineData("${S:+host}", "host")]
    [InlineData("${EMPTY:+host}", "")]
    [InlineData("${NONE:+host}", "host")] // who knows: PATH is set and not told
    [InlineData("${NONE:-${OTHER:-${V}}}", "host")]
    [InlineData("${NONE:-$V}", "host")]
    [InlineData("$NONE", "")]
    [InlineData("$$V", "")]
    [InlineData("host$NONE", "host")]
    [InlineData("${V", "")]
    [InlineData("$", "")]
    public void Variables_are_put_in(string value, string mode) =>
        Assert.Equal(mode == "host" ? "HOST_PID" : "", Manifest.Facts(ManifestFormat.Compose, $"services: {{a: {{pid: '{value}'}}}}", "V=host", "S=s", "EMPTY="));

    [Theory]
    [InlineData("{privileged: true, volumes: ['/:/h'], build: {privileged: true}}", "PRIVILEGED")]
    [InlineData("{privileged: true, volumes: ['/:/h'], build: .}", "")]
    [InlineData("{build: {network: host, secrets: [s]}}", "COPY_IN(k.pem) HOST_NET")]
    public void Of_a_build_only_the_build_counts(string service, string facts) =>
        Assert.Equal(facts, Manifest.Facts(ManifestFormat.ComposeBuild, $"services: {{a: {service}}}\nsecrets: {{s: {{file: k.pem}}}}"));

    [Fact]
    public void An_unset_directory_makes_it_the_root() =>
        Assert.Equal("HOST_MOUNT(/)", Manifest.Facts(ManifestFormat.Compose, "services: {a: {volumes: ['${DATA}/:/d']}}"));

    [Fact]
    public void Mounts_know_their_paths_and_evidence()
    {
        ManifestContent content = Manifest.Read(ManifestFormat.Compose, """
            services:
              web:
                volumes:
                - ../../etc:/e
                - ~/.ssh:/keys
                - v:/data
                - type: bind
                  source: /run
                  target: /r
                secrets: [s]
            volumes:
              v: {driver_opts: {o: bind, device: /var/lib}}
            secrets:
              s: {file: key.pem}
            """, "HOME=/root");
        Assert.Equal(
            [
                "../../etc /etc /e file#1 services.web.volumes[0]",
                "/root/.ssh /root/.ssh /keys file#1 services.web.volumes[1]",
                "/run /run /r file#1 services.web.volumes[3].source",
                "key.pem /srv/app/key.pem /run/secrets/s file#1 secrets.s.file",
                "/var/lib /var/lib /data file#1 volumes.v.driver_opts.device",
            ],
            content.Facts.Select(static fact => $"{fact.Value} {fact.Path} {fact.Destination} {fact.Evidence}"));
    }

    [Fact]
    public void Other_files_are_named()
    {
        ManifestContent content = Manifest.Read(ManifestFormat.Compose, """
            include: [a.yml, {path: [b.yml, c.yml]}, "oci://example.com/x"]
            services:
              web: {image: nginx, extends: {file: d.yml, service: x}, env_file: e.env}
              db: {image: "${DB:-postgres}", extends: web}
            """);
        Assert.Null(content.Error);
        Assert.Equal("nginx postgres", string.Join(' ', content.Images));
        Assert.Equal<ManifestReference>(
            [
                new(ManifestFormat.Compose, "d.yml"),
                new(ManifestFormat.EnvFile, "e.env"),
                new(ManifestFormat.Compose, "a.yml"),
                new(ManifestFormat.Compose, "b.yml"),
                new(ManifestFormat.Compose, "c.yml"),
                new(ManifestFormat.Compose, "oci://example.com/x"),
            ],
            content.References);
    }

    [Theory]
    [InlineData("command: nsenter -t 1 -m", "nsenter")]
    [InlineData("command: sh -c \"chroot /host\"", "chroot /host")]
    [InlineData("{entrypoint: [nsenter], command: [-t, '1']}", "nsenter")]
    [InlineData("healthcheck: {test: [CMD-SHELL, 'nsenter -t1 || exit 1']}", "nsenter")]
    [InlineData("healthcheck: {test: [CMD, nsenter]}", "nsenter")]
    [InlineData("post_start: [{command: [nsenter]}]", "nsenter")]
    [InlineData("command: [echo, nsenter]", "")]
    public void Commands_are_read(string service, string found)
    {
        string web = service[0] == '{' ? $"web: {service}" : $"web:\n    {service}";
        ManifestContent content = Manifest.Read(ManifestFormat.Compose, $"services:\n  {web}\n");
        Assert.Equal(found, string.Join(' ', content.Facts.Where(static fact => fact.Kind == FactKind.InnerCommand).Select(static fact => $"{fact.Value} {fact.Path}".Trim())));
    }

    [Fact]
    public void A_key_that_stands_twice_is_a_mistake_that_hides_nothing_before_it()
    {
        ManifestContent content = Manifest.Read(ManifestFormat.Compose, "services:\n  a:\n    privileged: true\n    privileged: false\n");
        Assert.Equal("PRIVILEGED", Manifest.FactsOf(content));
        Assert.Equal("line 4: a key stands twice", content.Error);
    }
}
