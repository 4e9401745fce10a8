using System.Collections.Immutable;
using Tallyman.Agent.Alerts;
using Tallyman.Agent.CommandLines;
using Tallyman.Agent.Model;
using Xunit;

namespace Tallyman.Agent.Tests.CommandLines;

public class EnvironmentFactsTests
{
    [Theory]
    [InlineData("docker run alpine", "DOCKER_HOST=tcp://10.0.0.1:2375", "REMOTE(tcp://10.0.0.1:2375)")]
    [InlineData("docker -H unix:///x run alpine", "DOCKER_HOST=tcp://10.0.0.1:2375", "REMOTE(unix:///x)")]
    [InlineData("docker run alpine", "DOCKER_CONTEXT=prod", "CTX(prod)")]
    [InlineData("podman run alpine", "CONTAINER_HOST=ssh://other/run/podman.sock", "REMOTE(ssh://other/run/podman.sock)")]
    [InlineData("podman run alpine", "DOCKER_HOST=tcp://10.0.0.1:2375", "")]
    [InlineData("nerdctl run alpine", "CONTAINERD_NAMESPACE=k8s.io", "NS(k8s.io)")]
    [InlineData("ctr images ls", "CONTAINERD_ADDRESS=/tmp/c.sock", "REMOTE(/tmp/c.sock)")]
    [InlineData("crictl ps", "CONTAINER_RUNTIME_ENDPOINT=unix:///x.sock", "REMOTE(unix:///x.sock)")]
    [InlineData("kubectl get pods", "KUBECONFIG=/tmp/a:b", "KUBECONFIG(/tmp/a) KUBECONFIG(b)")]
    [InlineData("kubectl --kubeconfig /c get pods", "KUBECONFIG=/tmp/a:b", "KUBECONFIG(/c)")]
    [InlineData("kubectl get pods", "KUBECONFIG=", "")]
    public void A_variable_does_what_the_flag_does_where_the_flag_is_not_given(string line, string variable, string facts)
    {
        string[] pair = variable.Split('=', 2);
        ExecEvent exec = Some.Exec([.. ShellWords.Split(line)]) with
        {
            Environment = ImmutableDictionary<string, HostText>.Empty.Add(pair[0], HostText.Of(pair[1])),
        };

        Assert.Equal(facts, string.Join(' ', FactReport.Of(CommandLineReader.Read(exec))));
    }

    [Fact]
    public void A_relative_file_of_a_list_starts_from_the_callers_directory()
    {
        ExecEvent exec = Some.Exec("kubectl", "get", "pods") with
        {
            Environment = ImmutableDictionary<string, HostText>.Empty.Add("KUBECONFIG", HostText.Of("stolen")),
            Directory = HostText.Of("/tmp"),
        };

        Fact fact = Assert.Single(CommandLineReader.Read(exec).Facts);
        Assert.Equal(("/tmp/stolen", "KUBECONFIG=stolen"), (fact.Path, fact.Evidence));
    }
}
