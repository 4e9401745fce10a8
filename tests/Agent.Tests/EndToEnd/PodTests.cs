using System.Text.Json;
using Tallyman.Grpc;
using Xunit;

namespace Tallyman.Agent.Tests.EndToEnd;

/// <summary>The built agent as in a pod of packaging/kubernetes: namespaces of its own, the host's /proc at another place, and four capabilities.</summary>
public sealed class PodTests : IDisposable
{
    private const string AsInAPod = """
        mount --bind /proc "$0/proc" && mount -o remount,bind,ro "$0/proc" && mount -t proc proc /proc && hostname a-pod &&
        exec setpriv --no-new-privs --inh-caps=-all --bounding-set=-all,+bpf,+perfmon,+sys_ptrace,+dac_read_search "$@"
        """;

    private readonly TemporaryDirectory _directory = new();
    private RunningAgent? _running;

    public void Dispose()
    {
        _running?.Dispose();
        _directory.Dispose();
    }

    [KernelFact]
    public void It_knows_the_hosts_processes_reads_what_they_read_and_speaks_for_its_node()
    {
        using var authority = new TestAuthority(_directory, "authority");
        TlsFiles collector = authority.ForCollector();
        TlsFiles nodes = authority.ForAgent("nodes", static names => names.AddUri(new Uri("spiffe://test/tallyman/fleet/test")));
        Directory.CreateDirectory(_directory.File("proc"));
        string kubectl = _directory.File("kubectl");
        File.Copy("/bin/true", kubectl);
        string pod = _directory.File("in-a-pod.yaml");
        File.WriteAllText(pod, "kind: Pod\nspec: {hostPID: true}\n");
        _running = RunningAgent.Start(new RunningAgentOptions(_directory.File("data"))
        {
            Address = CollectorProcess.FreeAddress("https"),
            CollectorArguments = ["--tls-cert", collector.Certificate, "--tls-key", collector.Key, "--tls-client-ca", collector.Authorities],
            Arguments =
            [
                "--host-proc", _directory.File("proc"), "--host-name", "node-7", "--host-id", "node-7.test",
                "--tls-cert", nodes.Certificate, "--tls-key", nodes.Key, "--tls-ca", nodes.Authorities,
            ],
            Within = ["unshare", "--pid", "--fork", "--kill-child", "--mount", "--uts", "--propagation", "private", "sh", "-c", AsInAPod, _directory.Path],
        });

        Assert.Equal(0, Programs.Run(kubectl, "apply", "-f", pod).ExitCode);
        JsonElement alert = _running.AlertWith("in-a-pod");

        Assert.Equal("node-7", alert.GetProperty("host").GetString());
        JsonElement parent = alert.GetProperty("ancestry")[0];
        Assert.Equal((Environment.ProcessId, Environment.ProcessPath), (parent.GetProperty("pid").GetInt32(), parent.GetProperty("proc").GetString()));
        Assert.Contains(alert.GetProperty("indicators").EnumerateArray(), static indicator => indicator.GetProperty("id").GetString() == "HOST_PID");
        _running.Deliver();
        Assert.Contains(_running.Stored(), stored => stored.GetProperty("id").GetString() == alert.GetProperty("id").GetString());
    }
}
