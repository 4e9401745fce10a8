using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Tallyman.Agent.Alerts;
using Tallyman.Agent.CommandLines;
using Tallyman.Agent.Manifests;
using Tallyman.Agent.Model;
using Tallyman.Agent.Sources;
using Tallyman.Agent.Status;
using Xunit;

namespace Tallyman.Agent.Tests.Manifests;

/// <summary>From a command line to what is known of its manifests, on real files and as real processes have them.</summary>
public sealed class ManifestReaderTests : IDisposable
{
    private const uint Nobody = 65534;
    private const string Pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec:\n  containers: [{name: x, image: alpine, securityContext: {privileged: true}}]\n";

    private readonly TemporaryDirectory _directory = new();
    private readonly Counters _counters = new();

    public ManifestReaderTests() => File.SetUnixFileMode(_directory.Path, (UnixFileMode)0b111_101_101);

    public void Dispose() => _directory.Dispose();

    [KernelFact]
    public async Task A_relative_file_is_found_after_its_process_has_ended()
    {
        Write("pod.yaml", Pod);
        Invocation invocation = await ReadAsync(Ended("kubectl", "apply", "-f", "pod.yaml"));

        Manifest manifest = Assert.Single(invocation.Manifests);
        Assert.Equal(("pod.yaml", 3, null), (manifest.Name, manifest.Arg, manifest.Unread));
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Pod))), manifest.Sha256);
        Assert.Equal(1u, _counters[Counter.ManifestsRead]);
        Fact fact = invocation.Facts.Single(static fact => fact.Kind == FactKind.Privileged);
        Assert.Equal((3, "pod.yaml#1 spec.containers[0].securityContext.privileged"), (fact.Arg, fact.Evidence));
        Assert.Equal("alpine", invocation.Image);
    }

    [KernelTheory]
    [InlineData("kubectl apply -f -", "-: stdin")]
    [InlineData("kubectl apply -f https://example.com/pod.yaml", "https://example.com/pod.yaml: remote")]
    [InlineData("kubectl apply -f pod.yaml,nowhere.yaml -f -", "pod.yaml; nowhere.yaml: gone; -: stdin")]
    [InlineData("kubectl apply -f dir", "dir/a.json; dir/b.yml; dir/link.yaml: gone")]
    [InlineData("kubectl apply -R -f dir/", "dir/a.json; dir/b.yml; dir/link.yaml: gone; dir/sub/c.yaml")]
    [InlineData("kubectl apply -k overlay", "overlay/kustomization.yml; https://example.com/r: remote; overlay/patch.yaml; overlay/../base/Kustomization; overlay/../base/pod.yaml")]
    [InlineData("docker run --env-file dir alpine", "dir: not_regular")]
    [InlineData("docker compose up", "compose.yml; compose.override.yaml")]
    [InlineData("docker compose --project-directory dir/sub up", "T/compose.yml; T/compose.override.yaml")]
    [InlineData("docker compose -f nowhere.yml up", "nowhere.yml: gone")]
    [InlineData("kubectl run x --image=i --overrides={}", "--overrides")]
    public async Task What_is_read_and_what_is_not(string line, string manifests)
    {
        Write("pod.yaml", Pod);
        Write("dir/a.json", "{}");
        Write("dir/b.yml", Pod);
        Write("dir/c.txt", Pod);
        Write("dir/sub/c.yaml", Pod);
        File.CreateSymbolicLink(_directory.File("dir/link.yaml"), "/nowhere");
        Write("overlay/kustomization.yml", "resources: [../base, https://example.com/r]\npatches: [{path: patch.yaml}]\n");
        Write("overlay/patch.yaml", Pod);
        Write("base/Kustomization", "resources: [pod.yaml]\n");
        Write("base/pod.yaml", Pod);
        Write("compose.yml", "services: {web: {image: nginx, privileged: true}}\n");
        Write("compose.override.yaml", "services: {web: {pid: host}}\n");

        Invocation invocation = await ReadAsync(Ended(line.Split(' ')));

        Assert.Equal(manifests, Show(invocation));
        Assert.Equal(
            invocation.Manifests.Where(static manifest => manifest.Unread is not null).Select(static manifest => manifest.Unread == "remote" ? manifest.Name : $"{manifest.Unread} {manifest.Name}"),
            invocation.Facts.Where(static fact => fact.Kind is FactKind.ManifestUnread or FactKind.RemoteManifest).Select(static fact => fact.Value));
        Assert.DoesNotContain(FactReport.Of(invocation), static fact => fact.StartsWith("MANIFEST_UNREAD", StringComparison.Ordinal) || fact.StartsWith("REMOTE_", StringComparison.Ordinal));
    }

    [KernelFact]
    public async Task A_file_of_variables_is_read_but_no_digest_of_it_is_told()
    {
        Write("secrets.env", "DB_PASSWORD=1234\n");
        Invocation invocation = await ReadAsync(Ended("docker", "run", "--env-file", "secrets.env", "alpine"));
        Assert.Equal(new Manifest("secrets.env", 3), Assert.Single(invocation.Manifests));
        Assert.Contains(invocation.Facts, static fact => fact is { Kind: FactKind.EnvironmentVariable, Value: "DB_PASSWORD", Arg: 3 });
    }

    [KernelTheory]
    [InlineData("docker compose up", "compose.yaml", "HOST_MOUNT(/etc) HOST_PID")]
    [InlineData("docker compose -f compose.yaml --env-file other.env up", "compose.yaml; other.env", "ENV_FILE(other.env) HOST_MOUNT(/root)")]
    [InlineData("docker compose --project-directory sub up", "a.yaml; b.yaml: gone", "PRIVILEGED")]
    public async Task What_a_project_puts_in_for_its_variables_is_known(string line, string manifests, string facts)
    {
        Write("compose.yaml", "services: {web: {image: nginx, volumes: ['${DATA}:/d'], pid: $MODE}}\n");
        Write(".env", "# what\nexport ROOT=/etc\nDATA=\"${ROOT}\" # where\nMODE='host'\n");
        Write("other.env", "DATA=/root\n");
        Write("sub/.env", "COMPOSE_FILE=a.yaml:b.yaml\n");
        Write("sub/a.yaml", "services: {web: {privileged: true}}\n");

        Invocation invocation = await ReadAsync(Ended(line.Split(' ')));
        Assert.Equal(manifests, Show(invocation));
        Assert.Equal(facts, string.Join(' ', FactReport.Of(invocation).Where(static fact => !fact.StartsWith("MANIFEST(", StringComparison.Ordinal))));
    }

    [KernelFact]
    public async Task A_project_is_what_its_files_make_together()
    {
        Write("compose.yaml", """
            include: [{path: [inc/a.yaml, inc/over.yaml], env_file: inc.env}, "https://example.com/x.yaml"]
            services:
              web: {privileged: true, extends: {file: base/b.yaml, service: base}, env_file: e.env, depends_on: [included]}
              idle: {pid: host, profiles: [never]}
            """);
        Write("compose.override.yaml", "services: {web: {privileged: false}}\n");
        Write("inc/a.yaml", "services: {included: {volumes: ['${Q}:/h', './x:/x'], cap_add: [ALL]}}\n");
        Write("inc/over.yaml", "services: {included: {cap_add: !override [CHOWN]}}\n");
        Write("inc.env", "Q=/etc\n");
        Write("base/b.yaml", "services: {base: {ipc: host, volumes: ['./y:/y']}, unrelated: {privileged: true}}\n");
        Write("e.env", "A=1\n");

        Invocation invocation = await ReadAsync(Ended("docker", "compose", "up", "web"));
        Assert.Equal("compose.yaml; compose.override.yaml; inc/a.yaml; inc/over.yaml; https://example.com/x.yaml: remote; base/b.yaml; e.env", Show(invocation));
        Assert.Equal("CAP_ADD(CHOWN) ENV_FILE(e.env) HOST_IPC HOST_MOUNT(./x) HOST_MOUNT(./y) HOST_MOUNT(/etc)", string.Join(' ', FactReport.Of(invocation)));
        string Path(string value) => invocation.Facts.Single(fact => fact.Value == value).Path![_directory.Path.Length..];
        Assert.Equal(("/inc/x", "/base/y"), (Path("./x"), Path("./y")));
        Assert.Equal("base/b.yaml#1 services.web.ipc", invocation.Facts.Single(static fact => fact.Kind == FactKind.HostIpc).Evidence);
    }

    [KernelFact]
    public async Task What_a_running_process_has_in_its_environment_is_put_in()
    {
        Write("compose.yaml", "services: {web: {image: nginx, volumes: ['${DATA}:/d']}}\n");
        Write(".env", "DATA=/srv\n");
        using Process sleep = await StartSleepAsync("env", "DATA=/etc", "sleep", "600");
        Assert.Contains("HOST_MOUNT(/etc)", FactReport.Of(await ReadAsync(Running(sleep, Ended("docker", "compose", "up")))));
        Assert.Contains("HOST_MOUNT(/srv)", FactReport.Of(await ReadAsync(Ended("docker", "compose", "up"))));
        sleep.Kill();
    }

    [KernelTheory]
    [InlineData("p*.yaml", "p1.yaml; p2.yaml")]
    [InlineData("d/?.json", "d/a.json")]
    [InlineData("none*", "none*: gone")]
    [InlineData("d*/a.json", "d*/a.json: gone")]
    public async Task Kubectl_puts_in_for_a_pattern_what_no_shell_has(string pattern, string manifests)
    {
        Write("p1.yaml", Pod);
        Write("p2.yaml", Pod);
        Write("d/a.json", "{}");
        Assert.Equal(manifests, Show(await ReadAsync(Ended("kubectl", "apply", "-f", pattern))));
    }

    [KernelFact]
    public async Task Composes_variable_names_files_of_the_process()
    {
        Write("a.yml", "services: {}\n");
        ExecEvent exec = Ended("docker", "compose", "up") with { Environment = Some.Exec().Environment.Add("COMPOSE_FILE", HostText.Of("a.yml:b.yml")) };
        Assert.Equal("a.yml; b.yml: gone", Show(await ReadAsync(exec)));
    }

    [KernelFact]
    public async Task A_user_has_nothing_read_for_him_that_he_could_not_read()
    {
        Write("pod.yaml", Pod);
        File.SetUnixFileMode(_directory.File("pod.yaml"), UnixFileMode.UserRead);
        ExecEvent exec = Ended("kubectl", "apply", "-f", "pod.yaml") with { Uid = Nobody, Euid = Nobody, Gid = Nobody };
        Invocation invocation = await ReadAsync(exec);

        Assert.Equal("pod.yaml: not_allowed", Show(invocation));
        Assert.DoesNotContain(invocation.Facts, static fact => fact.Kind == FactKind.Privileged);
        Assert.Null(invocation.Image);
        Assert.Equal("pod.yaml", Show(await ReadAsync(exec with { Euid = 0 })));
    }

    [KernelFact]
    public async Task Supplementary_groups_count_while_the_process_runs()
    {
        Write("pod.yaml", Pod);
        File.SetUnixFileMode(_directory.File("pod.yaml"), UnixFileMode.UserRead | UnixFileMode.GroupRead);
        Assert.Equal(0, Programs.Run("chown", "0:1234", _directory.File("pod.yaml")).ExitCode);
        ExecEvent exec = Ended("kubectl", "apply", "-f", "pod.yaml") with { Euid = Nobody, Gid = Nobody };

        using Process sleep = await StartSleepAsync("setpriv", "--reuid=65534", "--regid=65534", "--groups=77,1234", "sleep", "600");
        Assert.Equal("pod.yaml", Show(await ReadAsync(Running(sleep, exec))));
        Assert.Equal("pod.yaml: not_allowed", Show(await ReadAsync(Running(sleep, exec, startedEarlier: true))));
        sleep.Kill();
    }

    [KernelFact]
    public async Task A_process_below_another_root_names_files_there()
    {
        string jail = Directory.CreateDirectory(_directory.File("jail")).FullName;
        foreach (string file in Libraries("/bin/sleep").Append("/bin/sleep"))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(jail + file)!);
            File.Copy(file, jail + file);
        }

        Write("jail/srv/pod.yaml", Pod);
        File.CreateSymbolicLink(jail + "/srv/hostname", "/etc/hostname");
        File.CreateSymbolicLink(jail + "/srv/climbing", "../../../../../../../../etc/hostname");
        ExecEvent exec = Ended("kubectl", "apply", "-f", "pod.yaml,hostname,climbing,/srv/../../srv/pod.yaml,../../jail/srv/pod.yaml") with
        {
            Directory = HostText.Of("/srv"),
            Root = HostText.Of(jail),
        };

        using Process sleep = await StartSleepAsync("unshare", $"--root={jail}", "/bin/sleep", "600");
        Assert.Equal(
            "pod.yaml; hostname: gone; climbing: gone; /srv/../../srv/pod.yaml; ../../jail/srv/pod.yaml: gone",
            Show(await ReadAsync(Running(sleep, exec))));

        // When it has ended nobody else has its root, and its number may be another's.
        Assert.StartsWith("pod.yaml: gone; hostname: gone; ", Show(await ReadAsync(Running(sleep, exec, startedEarlier: true))), StringComparison.Ordinal);
        sleep.Kill();
    }

    [KernelFact]
    public async Task A_process_with_mounts_of_its_own_has_other_files_under_the_same_names()
    {
        string place = Directory.CreateDirectory(_directory.File("place")).FullName;
        Write("place/pod.yaml", "kind: ConfigMap\n");
        using Process sleep = await StartSleepAsync("unshare", "--mount", "sh", "-c", $"mount -t tmpfs none {place} && echo 'kind: Pod' > {place}/pod.yaml && echo ready >&2 && exec sleep 600");
        ExecEvent exec = Ended("kubectl", "apply", "-f", place + "/pod.yaml");
        uint own = new ProcFs().MountNamespace((uint)sleep.Id)!.Value;

        Manifest inside = Assert.Single((await ReadAsync(Running(sleep, exec) with { MountNamespace = own })).Manifests);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData("kind: Pod\n"u8)), inside.Sha256);

        // A process of the same view lends it to one that has ended; without one it is lost, not mistaken for the host's.
        Manifest lent = Assert.Single((await ReadAsync(exec with { MountNamespace = own, ParentPid = (uint)sleep.Id })).Manifests);
        Assert.Equal(inside, lent);
        Assert.Equal($"{place}/pod.yaml: gone".Replace(_directory.Path, "T", StringComparison.Ordinal), Show(await ReadAsync(exec with { MountNamespace = own })));
        sleep.Kill();
    }

    [KernelFact]
    public async Task A_file_system_that_never_answers_costs_some_seconds_and_four_threads()
    {
        string place = Directory.CreateDirectory(_directory.File("fuse")).FullName;
        Write("pod.yaml", Pod);
        using Process server = Start("sh", "-c", $"exec 3<>/dev/fuse && mount -i -t fuse -o fd=3,rootmode=40000,user_id=0,group_id=0 none {place} && echo ready >&2 && exec sleep 600");
        await server.StandardError.ReadLineAsync();
        try
        {
            var clock = new TimeAtWill();
            var reader = new ManifestReader(new ProcFs(), _counters, clock);
            ExecEvent exec = Ended("kubectl", "apply", "-f", "pod.yaml,fuse/pod.yaml");
            for (uint i = 1; i <= 4; i++)
            {
                Task<Invocation> reading = ReadAsync(exec, reader);
                while (_counters[Counter.ManifestsRead] < i)
                {
                    await Task.Delay(5);
                }

                clock.Pass();
                Invocation partly = await reading;
                Assert.StartsWith("pod.yaml; ", Show(partly), StringComparison.Ordinal);
                Assert.EndsWith("pod.yaml: budget", Show(partly), StringComparison.Ordinal);
                Assert.Contains(partly.Facts, static fact => fact.Kind == FactKind.Privileged);
            }

            Assert.Equal("pod.yaml: budget", Show(await ReadAsync(exec, reader)));
            Assert.Equal(4u, _counters[Counter.ManifestThreadsAbandoned]);
        }
        finally
        {
            server.Kill();
            Programs.Run("umount", "-l", place);
        }
    }

    [KernelFact]
    public async Task More_manifests_than_are_read_for_one_command_line_are_said()
    {
        for (int i = 0; i < 60; i++)
        {
            Write($"many/{i:d2}.yaml", Pod);
        }

        Invocation invocation = await ReadAsync(Ended("kubectl", "apply", "-f", "many"));
        Assert.Equal(50, invocation.Manifests.Length);
        Assert.Equal(("many/49.yaml", "budget"), (invocation.Manifests[^1].Name, invocation.Manifests[^1].Unread));
    }

    [KernelFact]
    public async Task Many_bytes_and_long_files_are_not_read()
    {
        Write("long.yaml", new string('#', (1024 * 1024) + 1));
        for (int i = 0; i < 9; i++)
        {
            Write($"big/{i}.yaml", new string('#', 1024 * 1024));
        }

        Invocation invocation = await ReadAsync(Ended("kubectl", "apply", "-f", "long.yaml,big"));
        Assert.Equal("long.yaml: too_large", Show(invocation).Split("; ")[0]);
        Assert.Equal("big/8.yaml: budget", Show(invocation).Split("; ")[^1]);
        Assert.Equal(2, invocation.Manifests.Count(static manifest => manifest.Unread is not null));
    }

    [KernelFact]
    public async Task Manifests_that_name_each_other_are_read_once()
    {
        Write("a/kustomization.yaml", "resources: [../b]\n");
        Write("b/kustomization.yaml", "resources: [../a, .]\n");
        Assert.Equal("a/kustomization.yaml; a/../b/kustomization.yaml", Show(await ReadAsync(Ended("kubectl", "apply", "-k", "a"))));
    }

    [Fact]
    public void A_command_line_that_nobody_executed_is_read_here()
    {
        Write("pod.yaml", Pod);
        Argv argv = Argv.Of("kubectl", "apply", "-f", "pod.yaml");
        Invocation invocation = ManifestReader.ReadHere(CommandLineReader.Read(Executables.OfPath("kubectl"u8)!, argv, _directory.Path), argv, _directory.Path);
        Assert.Equal("pod.yaml", Show(invocation));
        Assert.Equal("alpine", invocation.Image);
    }

    private static Task<Invocation> ReadAsync(ExecEvent exec, ManifestReader reader) => reader.ReadAsync(CommandLineReader.Read(exec), exec).AsTask();

    private Task<Invocation> ReadAsync(ExecEvent exec) => ReadAsync(exec, new ManifestReader(new ProcFs(), _counters, new TimeAtWill()));

    private string Show(Invocation invocation) => string.Join("; ", invocation.Manifests.Select(manifest =>
        manifest.Name.Replace(_directory.Path, "T", StringComparison.Ordinal) + (manifest.Unread is null ? "" : $": {manifest.Unread}")));

    private void Write(string name, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_directory.File(name))!);
        File.WriteAllText(_directory.File(name), text);
    }

    /// <summary>In this test's directory, by root, of a process that is no more.</summary>
    private ExecEvent Ended(params string[] argv) => Some.Exec(argv) with
    {
        Key = new ExecKey(int.MaxValue, 1, 1), // no kernel gives such a number
        ParentPid = int.MaxValue,
        Directory = HostText.Of(_directory.Path),
        MountNamespace = new ProcFs().MountNamespace((uint)Environment.ProcessId)!.Value,
    };

    private static ExecEvent Running(Process process, ExecEvent exec, bool startedEarlier = false) =>
        exec with { Key = new ExecKey((uint)process.Id, new ProcFs().StartOf((uint)process.Id)!.Value - (startedEarlier ? 1_000_000_000u : 0u), 1) };

    private static Process Start(params string[] line) => Process.Start(new ProcessStartInfo(line[0], line[1..]) { RedirectStandardError = true })!;

    private static async Task<Process> StartSleepAsync(params string[] line)
    {
        Process process = Start(line);
        while (!File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{process.Id}/comm")).StartsWith("sleep", StringComparison.Ordinal))
        {
            await Task.Delay(5);
        }

        return process;
    }

    private static IEnumerable<string> Libraries(string program) =>
        from word in Programs.Run("ldd", program).Output.Split([' ', '\t', '\n'], StringSplitOptions.RemoveEmptyEntries)
        where word.StartsWith('/')
        select word;
}
