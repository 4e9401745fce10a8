using System.Text;
using Google.Protobuf;
using Tallyman.Agent.Alerts;
using Tallyman.Agent.CommandLines;
using Tallyman.Agent.Model;
using Tallyman.Agent.Redaction;
using Tallyman.Agent.Rules;
using Tallyman.Rendering;
using Xunit;

namespace Tallyman.Agent.Tests.Redaction;

/// <summary>Secrets that are planted in command lines, and looked for in everything that is made of these.</summary>
public class CanaryTests
{
    [Fact]
    public void No_canary_is_in_any_form_of_an_alert()
    {
        Assert.True(Canaries.All.Count > 500, $"{Canaries.All.Count}");
        string[] sung = [.. Canaries.All.Where(static canary => FormsOf(canary.Words).Any(form => HasTrace(form, canary.Secret))).Select(Show)];
        Assert.Empty(sung);
    }

    [Fact]
    public void No_canary_is_lost_without_a_mark_in_its_place() =>
        Assert.All(Canaries.All, static canary => Assert.True(RedactorTests.Redact(canary.Words).Places.Length > 0, Show(canary)));

    [Fact]
    public void Without_redaction_the_canaries_sing()
    {
        // The test above would find them.
        Assert.All(Canaries.All, static canary => Assert.True(HasTrace(string.Join(' ', canary.Words), canary.Secret)));
        Assert.All(Canaries.Traces("cnry0001zq7919vw"), static trace => Assert.True(trace.Length > 10));
        Assert.True(HasTrace(Convert.ToBase64String("x cnry0001zq7919vw y"u8), "cnry0001zq7919vw"));
    }

    [Fact]
    public void No_canary_gets_through_in_a_place_where_it_is_cut()
    {
        string padding = new('x', 300_000);
        foreach (Canary canary in Canaries.All.Where(static (_, i) => i % 20 == 0))
        {
            Assert.All(FormsOf([.. canary.Words, padding]), form => Assert.False(HasTrace(form, canary.Secret), Show(canary)));
        }
    }

    [Fact]
    public void The_digest_of_a_cut_argument_is_that_of_what_is_left_of_it()
    {
        string secret = "hunter2";
        Argv argv = Argv.Of("docker", "run", "-e", "PASSWORD=" + secret, "--label", new string('x', 300_000) + ",password=" + secret, "alpine");
        V1.Alert message = AlertMessage.OfCommandLine(Some.Redactor.Redact(Executables.All[0], argv), null, null);

        V1.ArgumentCut cut = Assert.Single(message.CommandLine.Cuts);
        string left = new string('x', 300_000) + ",password=" + new SecretHash(new byte[SecretHash.KeyLength]).Mark(Encoding.UTF8.GetBytes(secret));
        Assert.Equal(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(left))), cut.Sha256);
    }

    /// <summary>Everything that is made of an execution with this argv.</summary>
    private static IEnumerable<string> FormsOf(string[] words)
    {
        ExecEvent exec = Some.Exec(words);
        Invocation invocation = CommandLineReader.Read(exec);
        Redactions redactions = Some.Redactor.Redact(exec.Program, exec.Argv);
        Assert.False(redactions.IsClosed, string.Join(' ', words));
        var alert = new Alert("id", exec, invocation, RuleSet.Shipped("default").Judge(invocation));
        V1.Alert message = AlertMessage.Of(alert, Some.Host, redactions);
        yield return AlertJson.Write(message, 1);
        yield return AlertText.Write(message, colour: false);
        yield return Encoding.Latin1.GetString(message.ToByteArray());
        yield return message.ToString();
        yield return string.Join('\n', redactions.Places);
    }

    private static bool HasTrace(string text, string secret)
    {
        byte[] bytes = Encoding.Latin1.GetBytes(text);
        return Canaries.Traces(secret).Any(trace => bytes.AsSpan().IndexOf(trace) >= 0);
    }

    private static string Show(Canary canary) => $"{string.Join(' ', canary.Words)}  =>  {RedactorTests.Redact(canary.Words).Argv}";
}
