using System.Security.Cryptography;
using System.Text;
using Tallyman.Agent.Alerts;
using Tallyman.Agent.CommandLines;
using Tallyman.Agent.Model;
using Tallyman.Agent.Rules;
using Xunit;

namespace Tallyman.Agent.Tests.Alerts;

public class AlertIdTests
{
    [Fact]
    public void One_execution_has_one_id_and_others_have_others()
    {
        ExecEvent exec = Some.Exec("docker", "ps") with { Key = new ExecKey(10, 20, 30) };
        string id = AlertId.Of(Some.Host, exec);

        Assert.Matches("^[a-z2-7]{26}$", id);
        Assert.Equal(id, AlertId.Of(Some.Host with { Name = "renamed" }, exec));
        Assert.NotEqual(id, AlertId.Of(Some.Host with { Id = "other" }, exec));
        Assert.NotEqual(id, AlertId.Of(Some.Host with { BootId = "other" }, exec));
        Assert.NotEqual(id, AlertId.Of(Some.Host, exec with { Key = new ExecKey(11, 20, 30) }));
        Assert.NotEqual(id, AlertId.Of(Some.Host, exec with { Key = new ExecKey(10, 21, 30) }));
        Assert.NotEqual(id, AlertId.Of(Some.Host, exec with { Key = new ExecKey(10, 20, 31) }));
    }

    [Fact]
    public void Of_the_audit_log_it_is_the_event_that_counts_whatever_was_learnt_of_the_process()
    {
        ExecEvent exec = Some.Exec("docker", "ps") with { Audit = new AuditId("node-a", 1_795_303_783_705, 99) };
        string id = AlertId.Of(Some.Host, exec);

        Assert.Matches("^[a-z2-7]{26}$", id);
        Assert.Equal(id, AlertId.Of(Some.Host, exec with { Key = new ExecKey(11, 21, 31) }));
        Assert.NotEqual(id, AlertId.Of(Some.Host, exec with { Audit = null }));
        Assert.NotEqual(id, AlertId.Of(Some.Host with { BootId = "other" }, exec));
        Assert.NotEqual(id, AlertId.Of(Some.Host, exec with { Audit = new AuditId("node-b", 1_795_303_783_705, 99) }));
        Assert.NotEqual(id, AlertId.Of(Some.Host, exec with { Audit = new AuditId("node-a", 1_795_303_783_706, 99) }));
        Assert.NotEqual(id, AlertId.Of(Some.Host, exec with { Audit = new AuditId("node-a", 1_795_303_783_705, 100) }));
    }
}

public class ArgvCutTests
{
    [Fact]
    public void Up_to_a_quarter_of_a_megabyte_argv_stays_whole()
    {
        Argv argv = Argv.Of("docker", "run", new string('x', 100_000), new string('y', 100_000));
        ArgvCut cut = ArgvCut.Of(argv);
        Assert.Equal(argv.Count, cut.Arguments.Count);
        Assert.Empty(cut.Cuts);
        Assert.Equal(100_000, cut.Arguments[2].Length);
    }

    [Fact]
    public void Of_more_long_arguments_keep_their_ends_with_length_and_digest()
    {
        string text = "begin" + new string('x', 300_000) + "end";
        ArgvCut cut = ArgvCut.Of(Argv.Of("docker", "run", text, "--privileged"));

        V1.ArgumentCut only = Assert.Single(cut.Cuts);
        Assert.Equal((2u, (ulong)text.Length), (only.Arg, only.Length));
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text))), only.Sha256);
        string kept = Encoding.UTF8.GetString(cut.Arguments[2].Span);
        Assert.StartsWith("beginxxx", kept, StringComparison.Ordinal);
        Assert.EndsWith("xxxend", kept, StringComparison.Ordinal);
        Assert.Equal("--privileged", Encoding.UTF8.GetString(cut.Arguments[3].Span));
    }

    [Fact]
    public void Of_too_many_arguments_the_middle_is_left_out_and_counted()
    {
        Argv argv = Argv.Of([.. Enumerable.Range(0, 100_000).Select(static i => $"a{i}")]);
        ArgvCut cut = ArgvCut.Of(argv);

        Assert.Equal(100_000, cut.Arguments.Count + (int)cut.OmittedCount);
        Assert.Equal("a0", Encoding.UTF8.GetString(cut.Arguments[0].Span));
        Assert.Equal($"a{cut.OmittedFrom - 1}", Encoding.UTF8.GetString(cut.Arguments[(int)cut.OmittedFrom - 1].Span));
        Assert.Equal($"a{cut.OmittedFrom + cut.OmittedCount}", Encoding.UTF8.GetString(cut.Arguments[(int)cut.OmittedFrom].Span));
        Assert.Equal("a99999", Encoding.UTF8.GetString(cut.Arguments[^1].Span));
    }
}

public class AlertMessageTests
{
    [Fact]
    public void No_command_line_makes_an_alert_that_a_collector_would_refuse_for_its_size()
    {
        string path = "/" + new string('p', 100_000);
        string[] words = ["docker", "run", .. Enumerable.Range(0, 40).SelectMany(i => new[] { "-v", $"/proc{path}{i}:/x", "-e", $"AWS_{path}{i}=1" }), path];
        Argv argv = Argv.Of(words);
        Invocation invocation = CommandLineReader.Read(Executables.All[0], argv, "/");
        V1.Alert message = AlertMessage.OfCommandLine(Some.Redactor.Redact(Executables.All[0], argv), invocation, RuleSet.Shipped("default").Judge(invocation));

        Assert.InRange(message.CalculateSize(), 1, 1024 * 1024);
        Assert.Equal(55u, message.Scores.RiskScore);
        Assert.Contains(message.CommandLine.Warnings, static warning => warning.Contains("not listed", StringComparison.Ordinal));
    }
}
