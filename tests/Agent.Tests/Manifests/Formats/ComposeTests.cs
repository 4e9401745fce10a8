using Tallyman.Agent.Manifests;
using Tallyman.Agent.Manifests.Formats;
using Tallyman.Agent.Model;
using Tallyman.Agent.Yaml;
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
    [InlineData("{services: {a: {volumes: ['v:/d']}}, volumes: {v: {driver: local, driver_opts: {type: none, o: 'rw,bind', device: /}}}}", "HOST_MOUNT(/)")]
    [InlineData("{services: {a: {volumes: ['v:/d']}}, volumes: {v: {driver_opts: {o: bind, device: ./d}}}}", "HOST_MOUNT(./d)")]
    [InlineData("{services: {a: {volumes: ['v:/d']}}, volumes: {v: {driver_opts: {type: nfs, device: ':/export'}}}}", "")]
    [InlineData("{services: {a: {volumes: [{source: v, target: /d}]}}, volumes: {v: {driver_opts: {type: ext4, device: /dev/sda1}}}}", "HOST_MOUNT(/dev/sda1)")]
    [InlineData("{services: {a: {volumes: ['v:/d']}}, volumes: {v: {driver_opts: {type: overlay, device: overlay, o: 'lowerdir=/etc:/srv,upperdir=/tmp/u,workdir=/tmp/w'}}}}", "HOST_MOUNT(/etc) HOST_MOUNT(/srv) HOST_MOUNT(/tmp/u)")]
    [InlineData("{services: {a: {image: b}}, volumes: {v: {driver_opts: {o: bind, device: /}}}, secrets: {s: {file: /etc/shadow}}}", "")] // nobody uses them
    [InlineData("{services: {a: {networks: [n]}}, networks: {n: {external: true, name: host}}}", "HOST_NET")]
    [InlineData("{services: {a: {networks: {host: {}}}}, networks: {host: {external: true}}}", "HOST_NET")]
    [InlineData("{services: {a: {image: b}}, networks: {default: {external: {name: host}}}}", "HOST_NET")]
    [InlineData("{services: {a: {networks: [host]}}, networks: {host: {}}}", "")]
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
    [InlineData("services: {a: {privileged: true}, b: {privileged: true, profiles: [debug]}}\n---\nservices: {a: {privileged: false}}", "")]
    [InlineData("services: {a: {cap_add: [ALL]}}\n---\nservices: {a: {cap_add: !override [CHOWN]}}", "CAP_ADD(CHOWN)")]
    [InlineData("services: {a: {volumes: ['/:/h', '/etc:/e']}}\n---\nservices: {a: {volumes: ['/srv:/h']}}", "HOST_MOUNT(/etc) HOST_MOUNT(/srv)")]
    [InlineData("services: {a: {privileged: true}}\n---\nservices: {a: {privileged: !reset null}}", "")]
    [InlineData("services: {base: {privileged: true, profiles: [x]}, a: {extends: {service: base}, privileged: false}}", "")]
    [InlineData("services: {base: {pid: host, profiles: [x]}, a: {extends: base}}", "HOST_PID")]
    [InlineData("services: {a: {extends: a}, b: {extends: c}, c: {extends: b, pid: host}}", "HOST_PID")]
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

    [Theory]
    [InlineData("", "", false, "HOST_NET PRIVILEGED")] // those without a profile, and what they need
    [InlineData("debug", "", false, "HOST_NET HOST_PID PRIVILEGED")]
    [InlineData("*", "", false, "HOST_NET HOST_PID PRIVILEGED")]
    [InlineData("", "other", false, "HOST_NET")]
    [InlineData("", "web", false, "PRIVILEGED")]
    [InlineData("", "web", true, "")]
    [InlineData("", "tool", false, "HOST_PID")]
    [InlineData("", "nobody", false, "")]
    public void Of_a_project_counts_what_is_started(string profiles, string services, bool isAlone, string facts)
    {
        const string Project = "services: {web: {depends_on: [db]}, db: {privileged: true}, other: {network_mode: host}, tool: {pid: host, profiles: [debug]}}";
        var reading = new ManifestReading("file", new ManifestContext("/srv", static _ => null));
        IReadOnlyList<YamlMapping> file = ManifestText.ReadCompose(reading, System.Text.Encoding.UTF8.GetBytes(Project), static _ => null, static _ => null);
        var selection = new ComposeSelection(services.Split(' ', StringSplitOptions.RemoveEmptyEntries), profiles.Split(' ', StringSplitOptions.RemoveEmptyEntries)) { IsAlone = isAlone };
        new ComposeProject(reading, ManifestFormat.Compose, static _ => []).Read(file, selection);
        Assert.Equal(facts, Manifest.FactsOf(reading.ToContent()));
    }

    [Theory]
    [InlineData("{privileged: true, network_mode: host, pid: host, ipc: host, userns_mode: host, security_opt: ['seccomp:unconfined'], devices: [/dev/sda], build: {privileged: true}}", "")]
    [InlineData("{volumes: ['/:/h'], cap_add: [ALL], user: root}", "CAP_ADD(ALL) HOST_MOUNT(/) ROOT_USER")]
    public void A_stack_knows_less(string service, string facts) =>
        Assert.Equal(facts, Manifest.Facts(ManifestFormat.ComposeStack, $"services: {{a: {service}}}"));

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
