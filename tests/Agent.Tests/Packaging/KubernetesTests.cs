using System.Text.RegularExpressions;
using Tallyman.Agent.Cli;
using Tallyman.Agent.Configuration;
using Xunit;

namespace Tallyman.Agent.Tests.Packaging;

/// <summary>packaging/kubernetes: what is rendered, what Kubernetes thinks of it, and what it must never ask for.</summary>
public sealed partial class KubernetesTests
{
    private static readonly string[] Full = ["BPF", "PERFMON", "SYS_PTRACE", "DAC_READ_SEARCH"];

    public static TheoryData<string> Overlays => [.. Kustomize.Overlays];

    [Fact]
    public void Every_overlay_is_tested() =>
        Assert.Equal(Kustomize.Overlays, Directory.GetDirectories(Repository.Path("packaging/kubernetes/overlays")).Select(Path.GetFileName).Order(StringComparer.Ordinal));

    [KubectlTheory]
    [MemberData(nameof(Overlays))]
    public void What_is_applied_is_known(string overlay) => Golden.Check($"kubernetes/{overlay}.yaml", Kustomize.Render(overlay));

    [Theory]
    [MemberData(nameof(Overlays))]
    public void Kubernetes_and_cert_manager_know_every_field(string overlay) => Validates(Expected(overlay));

    [Fact]
    public void A_field_that_Kubernetes_does_not_know_is_found()
    {
        string wrong = Expected("agent-only").Replace("readOnlyRootFilesystem", "readOnlyRootFileSystem", StringComparison.Ordinal);
        Assert.Contains("readOnlyRootFileSystem", MistakesIn(wrong), StringComparison.Ordinal);
    }

    [HelmTheory]
    [MemberData(nameof(Overlays))]
    public void The_chart_makes_the_same(string overlay)
    {
        Programs.Outcome chart = Helm.Template(overlay);
        Assert.True(chart.ExitCode == 0, chart.Error);
        using var directory = new TemporaryDirectory();
        File.WriteAllText(directory.File("overlay"), Expected(overlay));
        File.WriteAllText(directory.File("chart"), chart.Output);
        Assert.Equal("", Programs.Run("node", Repository.Path("tests/interop/kubernetes.js"), "differences", directory.File("overlay"), directory.File("chart")).Output);
    }

    [HelmTheory]
    [InlineData("image.digest=sha256:0123456789012345678901234567890123456789012345678901234567890123", "image: tallyman@sha256:0123456789012345678901234567890123456789012345678901234567890123\n")]
    [InlineData("image.repository=registry.example/tallyman", "image: registry.example/tallyman:0.1.0\n")]
    [InlineData("collectors={https://a.example:7610}", "    collectors:\n    - https://a.example:7610\n")]
    [InlineData("configuration.spool.size=1GiB", "    spool:\n      size: 1GiB\n")]
    [InlineData("seLinuxOptions.type=spc_t", "seLinuxOptions:\n          type: spc_t\n")]
    [InlineData("imagePullSecrets[0].name=registry", "imagePullSecrets:\n        - name: registry\n")]
    public void A_value_has_its_effect(string value, string effect)
    {
        Programs.Outcome chart = Helm.Template(null, value);
        Assert.True(chart.ExitCode == 0, chart.Error);
        Assert.Contains(effect, chart.Output, StringComparison.Ordinal);
        Validates(chart.Output);
    }

    [HelmTheory]
    [InlineData("detail=all")]
    [InlineData("nonsense=1")]
    [InlineData("image.digest=latest")]
    [InlineData("collectors={http://a.example:7610}")]
    [InlineData("tls.fleet=a/b")]
    public void A_value_that_is_none_is_refused(string value)
    {
        Programs.Outcome chart = Helm.Template(null, value);
        Assert.True(chart.ExitCode != 0 && chart.Error.Contains("don't meet the specifications", StringComparison.Ordinal), chart.Output + chart.Error);
    }

    [Theory]
    [InlineData("agent-only", "BPF", "PERFMON", "SYS_PTRACE", "DAC_READ_SEARCH")]
    [InlineData("audit-log", "SYS_PTRACE", "DAC_READ_SEARCH")]
    [InlineData("command-lines", "BPF", "PERFMON")]
    [InlineData("with-collector", "BPF", "PERFMON", "SYS_PTRACE", "DAC_READ_SEARCH")]
    [InlineData("with-collector-cert-manager", "BPF", "PERFMON", "SYS_PTRACE", "DAC_READ_SEARCH")]
    public void The_agent_has_these_capabilities_and_no_more(string overlay, params string[] capabilities) =>
        Assert.Equal(capabilities, Container(overlay, "DaemonSet")["securityContext/capabilities/add"].Texts);

    [Theory]
    [MemberData(nameof(Overlays))]
    public void No_container_is_privileged_or_in_the_hosts_namespaces(string overlay)
    {
        Assert.All(Pods(overlay), static pod =>
        {
            Assert.Empty(pod.Keys.Intersect(["hostPID", "hostNetwork", "hostIPC", "hostPort", "initContainers", "ephemeralContainers", "procMount", "sysctls"]));
            Assert.Equal(("RuntimeDefault", "false"), (pod["securityContext/seccompProfile/type"].Text, pod["automountServiceAccountToken"].Text));
            Assert.DoesNotContain("seccompProfile", pod["containers"].Keys); // which would go before that of the pod
            KubernetesObject container = Assert.Single(pod["containers"].Items);
            KubernetesObject context = container["securityContext"];
            Assert.Equal(("false", "false", "true"), (context["privileged"].Text, context["allowPrivilegeEscalation"].Text, context["readOnlyRootFilesystem"].Text));
            Assert.Equal(["ALL"], context["capabilities/drop"].Texts);
            Assert.Empty(context["capabilities/add"].Texts.Except(Full));
            Assert.All(["requests/cpu", "requests/memory", "limits/memory"], limit => Assert.NotNull(container["resources"][limit].Text));
        });
    }

    [Theory]
    [MemberData(nameof(Overlays))]
    public void The_host_lends_what_is_listed_and_but_one_directory_to_write_to(string overlay)
    {
        KubernetesObject pod = Pods(overlay)[0];
        string[] log = overlay == "audit-log" ? ["/var/log/audit"] : [];
        Assert.Equal(["/etc/machine-id", "/proc", "/var/lib/tallyman", .. log], Pods(overlay).SelectMany(static each => each["volumes"].Items).Select(static volume => volume["hostPath/path"].Text).OfType<string>().Order(StringComparer.Ordinal));
        Assert.Equal(["/var/lib/tallyman"], pod["containers"].Items[0]["volumeMounts"].Items.Where(static mount => mount["readOnly"].Text != "true").Select(static mount => mount["mountPath"].Text));
        Assert.DoesNotContain(".sock", Expected(overlay), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Overlays))]
    public void Nobody_gets_a_role_or_a_token(string overlay)
    {
        string?[] kinds = [.. KubernetesObject.Read(Expected(overlay)).Select(static each => each["kind"].Text)];
        Assert.DoesNotContain(kinds, static kind => kind is null || kind.Contains("Role", StringComparison.Ordinal) || kind == "Secret");
        Assert.Equal(kinds.Count(static kind => kind is "DaemonSet" or "Deployment"), kinds.Count(static kind => kind == "NetworkPolicy"));
    }

    [Theory]
    [MemberData(nameof(Overlays))]
    public void The_agent_is_asked_three_questions_that_it_answers(string overlay)
    {
        KubernetesObject agent = Container(overlay, "DaemonSet");
        string[][] commands = [.. new[] { "startupProbe", "livenessProbe", "readinessProbe" }.Select(probe => agent[$"{probe}/exec/command"].Texts), agent["command"].Texts];

        Assert.Equal(commands.Length, commands.Select(static command => string.Join(' ', command)).Distinct().Count());
        Assert.All(commands, static command => Assert.Empty(Commands.Root().Parse(command[1..]).Errors));
        Assert.All(commands, static command => Assert.Equal("tallyman", command[0]));
    }

    [Theory]
    [MemberData(nameof(Overlays))]
    public void The_agent_takes_its_settings(string overlay)
    {
        KubernetesObject configuration = Assert.Single(KubernetesObject.Read(Expected(overlay)), static each => each["kind"].Text == "ConfigMap");
        Dictionary<string, string> environment = Container(overlay, "DaemonSet")["env"].Items.ToDictionary(static each => each["name"].Text!, static each => each["value"].Text ?? "from the node");
        using var directory = new TemporaryDirectory();
        File.WriteAllText(directory.File("tallyman.yaml"), configuration["data"]["tallyman.yaml"].Text);

        AgentConfiguration read = new ConfigurationReader(ConfigurationPlaces.Of(directory.File("tallyman.yaml")), null, new Dictionary<string, Given>()).Read();

        Assert.Equal(overlay == "audit-log" ? "auditd" : "ebpf", read.Of(Settings.Source));
        Assert.Empty(environment.Keys.Except(Settings.All.Select(static setting => setting.Variable)));
        Assert.Equal(overlay.StartsWith("with-collector", StringComparison.Ordinal), environment.ContainsKey(Settings.HostId.Variable));
        Assert.Equal(environment.ContainsKey(Settings.HostId.Variable), read.Of(Settings.Collectors).Length > 0);
    }

    [Fact]
    public void The_collector_takes_its_flags_and_no_secret_among_them()
    {
        KubernetesObject collector = Container("with-collector", "Deployment");
        string help = Programs.Run(Programs.Collector, "serve", "--help").Output;
        string[] words = collector["args"].Texts;

        Assert.Equal(["tallyman-collector", "serve"], collector["command"].Texts);
        Assert.All(words, word => Assert.Contains($" {word.Split('=')[0]} ", help, StringComparison.Ordinal));
        Assert.All(VariablePattern().Matches(string.Join(' ', words)), match => Assert.Contains(collector["env"].Items, variable =>
            variable["name"].Text == match.Groups[1].Value && variable["valueFrom/secretKeyRef/key"].Text is not (null or "password")));
    }

    [Fact]
    public void Image_and_chart_are_of_this_version()
    {
        string version = Regex.Match(File.ReadAllText(Repository.Path("Directory.Build.props")), "<Version>(.*)</Version>").Groups[1].Value;
        string chart = File.ReadAllText(Repository.Path("packaging/kubernetes/chart/Chart.yaml"));
        Assert.Contains($"\nversion: {version}\nappVersion: {version}\n", chart, StringComparison.Ordinal);
        Assert.All(Kustomize.Overlays.SelectMany(Pods).SelectMany(static pod => pod["containers"].Items), container => Assert.EndsWith(":" + version, container["image"].Text, StringComparison.Ordinal));
    }

    private static string Expected(string overlay) => File.ReadAllText(Repository.Path($"tests/Agent.Tests/golden/kubernetes/{overlay}.yaml"));

    /// <summary>The agent's first.</summary>
    private static KubernetesObject[] Pods(string overlay) =>
        [.. KubernetesObject.Read(Expected(overlay)).Where(static each => each["kind"].Text is "DaemonSet" or "Deployment").OrderBy(static each => each["kind"].Text, StringComparer.Ordinal).Select(static each => each["spec/template/spec"])];

    private static KubernetesObject Container(string overlay, string kind) =>
        Assert.Single(Assert.Single(KubernetesObject.Read(Expected(overlay)), each => each["kind"].Text == kind)["spec/template/spec/containers"].Items);

    private static void Validates(string yaml) => Assert.Equal("", MistakesIn(yaml));

    private static string MistakesIn(string yaml)
    {
        using var directory = new TemporaryDirectory();
        File.WriteAllText(directory.File("objects.yaml"), yaml);
        Programs.Outcome outcome = Programs.Run("node", Repository.Path("tests/interop/kubernetes.js"), "validate", directory.File("objects.yaml"));
        return outcome.Output + outcome.Error;
    }

    [GeneratedRegex(@"\$\(([A-Z_]+)\)")]
    private static partial Regex VariablePattern();
}
