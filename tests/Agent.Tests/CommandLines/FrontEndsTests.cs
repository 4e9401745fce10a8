using Tallyman.Agent.Alerts;
using Tallyman.Agent.CommandLines;
using Tallyman.Agent.Model;
using Tallyman.Agent.Rules;
using Xunit;

namespace Tallyman.Agent.Tests.CommandLines;

/// <summary>Programs that have tools inside or start them.</summary>
public class FrontEndsTests
{
    [Theory]
    [InlineData("k3s kubectl get secrets -o yaml", "kubectl get", "SECRETS_READ")]
    [InlineData("k3s --debug --data-dir /x kubectl run x --image=alpine --privileged", "kubectl run", "PRIVILEGED")]
    [InlineData("k3s --data-dir=/x kubectl run x --image=alpine --privileged", "kubectl run", "PRIVILEGED")]
    [InlineData("k3s ctr images ls", "ctr images list", "")]
    [InlineData("k3s crictl ps", "crictl ps", "")]
    [InlineData("k0s kubectl run x --image=alpine --privileged", "kubectl run", "PRIVILEGED")]
    [InlineData("k0s --data-dir /x kc exec web -- id", "kubectl exec", "EXEC")]
    [InlineData("microk8s kubectl run x --image=alpine --privileged", "kubectl run", "PRIVILEGED")]
    [InlineData("microk8s.kubectl run x --image=alpine --privileged", "kubectl run", "PRIVILEGED")]
    [InlineData("microk8s ctr images ls", "ctr images list", "")]
    [InlineData("microk8s.ctr images ls", "ctr images list", "")]
    [InlineData("minikube kubectl -- run x --image=alpine --privileged", "kubectl run", "PRIVILEGED")]
    [InlineData("minikube -p other kubectl -- exec web -- id", "kubectl exec", "EXEC")]
    [InlineData("minikube kubectl --profile other --ssh -- exec web -- id", "kubectl exec", "EXEC")]
    [InlineData("minikube kubectl get secrets -o yaml", "kubectl get", "SECRETS_READ")]
    [InlineData("minikube kubectl -p other get secrets", "kubectl get", "")]
    [InlineData("oc exec web -- id", "kubectl exec", "EXEC")]
    [InlineData("oc -n kube-system get secret/x -o yaml", "kubectl get", "NS(kube-system) SECRETS_READ")]
    [InlineData("oc debug node/n1", "kubectl debug", "HOST_IPC HOST_MOUNT(/) HOST_NET HOST_PID NODE_DEBUG(n1)")]
    public void A_front_end_asks_for_what_the_tool_inside_asks_for(string line, string command, string facts)
    {
        Invocation invocation = Read(line);
        Assert.Equal(command, $"{invocation.Tool.Name()} {invocation.Command}");
        Assert.Equal(facts, string.Join(' ', FactReport.Of(invocation)));
        Assert.Null(invocation.Error);
    }

    [Theory]
    [InlineData("ld-linux-x86-64.so.2 /usr/bin/docker run --privileged alpine", 3)]
    [InlineData("/lib64/ld-linux-x86-64.so.2 --library-path /x --argv0 ls --preload /y.so --inhibit-cache ./docker run --privileged alpine", 10)]
    [InlineData("/lib/ld-musl-x86_64.so.1 --library-path=/x -- docker run --privileged alpine", 5)]
    [InlineData("/lib/x86_64-linux-gnu/ld-2.31.so --glibc-hwcaps-mask a:b --audit x --inhibit-rpath y /bin/docker run --privileged alpine", 9)]
    [InlineData("/lib/ld-linux-aarch64.so.1 /usr/bin/docker-compose exec --privileged web id", 3)]
    [InlineData("ld.so /lib64/ld-linux-x86-64.so.2 /usr/local/bin/k3s kubectl run x --image=alpine --privileged", 7)]
    [InlineData("minikube kubectl -- run x --image=alpine --privileged", 6)]
    public void The_evidence_stands_where_it_stands_in_the_whole_argv(string line, int arg)
    {
        Fact privileged = Assert.Single(Read(line).Facts, static fact => fact.Kind == FactKind.Privileged);
        Assert.Equal(arg, privileged.Arg);
    }

    [Theory]
    [InlineData("k3s server --disable traefik")]
    [InlineData("k3s agent --token kubectl")]
    [InlineData("k3s --data-dir kubectl")]
    [InlineData("k3s")]
    [InlineData("k0s status")]
    [InlineData("microk8s status --wait-ready")]
    [InlineData("minikube start --driver docker")]
    [InlineData("minikube -p kubectl start")]
    [InlineData("oc login https://api.example.com:6443 --token=x")]
    [InlineData("oc rsh web")]
    [InlineData("oc")]
    [InlineData("ld-linux-x86-64.so.2 --list /usr/bin/docker run --privileged alpine")]
    [InlineData("ld-linux-x86-64.so.2 --verify /usr/bin/docker")]
    [InlineData("ld-linux-x86-64.so.2 --library-path")]
    [InlineData("ld-linux-x86-64.so.2 /bin/true docker run --privileged alpine")]
    [InlineData("ld-linux-x86-64.so.2")]
    public void What_leads_to_no_tool_is_of_no_interest(string line)
    {
        Argv argv = Argv.Of([.. line.Split(' ')]);
        Invocation invocation = Read(line);
        Verdict verdict = RuleSet.Shipped("default").Judge(invocation);

        Assert.True(invocation.SaysNothing);
        Assert.False(verdict.IsAlert);
        V1.Alert answer = AlertMessage.OfCommandLine(Some.Redactor.Redact(Executables.OfPath(argv[0]), argv), invocation, verdict);
        Assert.Equal("", answer.CommandLine.Tool);
        Assert.Null(answer.Scores);
    }

    [Fact]
    public void A_multi_call_binary_goes_by_the_name_it_is_called_by()
    {
        Executable k3s = Executables.OfPath("k3s"u8)!;
        Assert.Equal((Tool.Kubectl, "get"), Of("/x/kubectl", "get", "secrets"));
        Assert.Equal((Tool.Kubectl, "get"), Of("anything", "kubectl", "get", "secrets"));
        Assert.Equal((Tool.K3s, ""), Of("anything", "get", "secrets"));

        (Tool, string) Of(params string[] argv)
        {
            Invocation invocation = CommandLineReader.Read(k3s, Argv.Of(argv), "/");
            return (invocation.Tool, invocation.Command);
        }
    }

    [Fact]
    public void What_is_odd_about_an_execution_counts_only_where_its_command_line_is_of_interest()
    {
        ExecEvent server = Some.Exec("k3s", "server") with { Links = 0, IdentifiedBy = IdentifiedBy.Content };
        Assert.Empty(CommandLineReader.Read(server).Facts);

        ExecEvent kubectl = Some.Exec("k3s", "kubectl", "get", "pods") with { Links = 0, IdentifiedBy = IdentifiedBy.Content };
        Assert.Equal([FactKind.RenamedCli, FactKind.Fileless], CommandLineReader.Read(kubectl).Facts.Select(static fact => fact.Kind));
    }

    [Fact]
    public void The_kernel_can_tell_all_programs_apart()
    {
        const int CommLength = 15;
        Assert.Equal(Executables.All.Count, Executables.All.Select(static each => each.Name[..Math.Min(CommLength, each.Name.Length)]).Distinct().Count());
    }

    private static Invocation Read(string line)
    {
        Argv argv = Argv.Of([.. line.Split(' ')]);
        return CommandLineReader.Read(Executables.OfPath(argv[0])!, argv, "/");
    }
}
