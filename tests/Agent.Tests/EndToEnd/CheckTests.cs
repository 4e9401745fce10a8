using Tallyman.Tests.Support;
using Xunit;

namespace Tallyman.Agent.Tests.EndToEnd;

/// <summary>"tallyman check" on this machine: each line with how it is and what to do.</summary>
public sealed class CheckTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [KernelFact]
    public void Where_all_is_well_it_says_so_line_by_line()
    {
        using var collector = new CollectorProcess("--data", _directory.File("data"));
        string config = Write($"collectors: [{collector.Address.OriginalString}]\nstate: {_directory.Path}\nspool: {{size: 16MiB}}");

        Programs.Outcome outcome = Programs.Run(Programs.Agent, "check", "--config", config);

        Assert.Equal(0, outcome.ExitCode);
        Assert.Empty(outcome.Error);
        Assert.All(
            new[] { "ok    configuration  1 files, ", "ok    kernel         Linux ", "ok    eBPF           BTF and capabilities", "ok    disk           ", $"ok    collector {collector.Address.Authority} answers, in clear text" },
            line => Assert.Contains(line, outcome.Output, StringComparison.Ordinal));
        Assert.DoesNotContain("fail ", outcome.Output, StringComparison.Ordinal);
    }

    [KernelFact]
    public void What_fails_is_named_with_what_to_do()
    {
        string nowhere = CollectorProcess.FreeAddress("http").OriginalString;
        string config = Write($"collectors: [{nowhere}]\nsource: auditd\naudit_log: {_directory.File("none.log")}\nstate: /proc/tallyman");

        Programs.Outcome outcome = Programs.Run(Programs.Agent, "check", "--config", config);

        Assert.Equal(69, outcome.ExitCode);
        Assert.Matches("(?m)^fail  auditd's log   .*none.log.*: install and start auditd", outcome.Output);
        Assert.Matches("(?m)^fail  disk           .*or set state$", outcome.Output);
        Assert.Matches("(?m)^fail  collector .*: is it running, and is this its address\\?$", outcome.Output);
        Assert.DoesNotContain("eBPF", outcome.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Mistakes_in_the_configuration_are_all_told()
    {
        Programs.Outcome outcome = Programs.Run(Programs.Agent, "check", "--config", Write("sorce: x\nprint: y\n"));

        Assert.Equal(78, outcome.ExitCode);
        Assert.Equal(2, outcome.Output.Split("fail  configuration  ").Length - 1);
        Assert.Contains("tallyman.yaml:1: there is no setting sorce: did you mean source?", outcome.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("check")]
    [InlineData("config show")]
    public void Who_may_ask_and_where_is_looked_at_with_the_rest(string command)
    {
        string config = Write("listen: 0.0.0.0:9760\nsocket_group: no such group\ncollectors: [nowhere]\n");
        Programs.Outcome outcome = Programs.Run(Programs.Agent, [.. command.Split(' '), "--config", config]);

        Assert.Equal(78, outcome.ExitCode);
        Assert.All([1, 2, 3], line => Assert.Contains($"{config}:{line}: ", outcome.Output + outcome.Error, StringComparison.Ordinal));
    }

    [KernelFact]
    public void Without_privileges_it_says_what_is_missing()
    {
        string config = Write($"state: {_directory.Path}");
        File.SetUnixFileMode(_directory.Path, (UnixFileMode)0b111_101_101);
        Programs.Outcome outcome = Programs.Run("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", Programs.AgentForAll, "check", "--config", config);

        Assert.Equal(69, outcome.ExitCode);
        Assert.Contains("eBPF needs the capabilities CAP_BPF and CAP_PERFMON, and lacks CAP_BPF and CAP_PERFMON: run as root or grant both", outcome.Output, StringComparison.Ordinal);
        Assert.Contains($"fail  disk           {_directory.Path} cannot be written by this user: try sudo, or set state", outcome.Output, StringComparison.Ordinal);
    }

    private string Write(string text)
    {
        string file = _directory.File("tallyman.yaml");
        File.WriteAllText(file, text);
        return file;
    }
}
