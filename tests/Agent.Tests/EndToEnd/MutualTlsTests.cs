using Xunit;

namespace Tallyman.Agent.Tests.EndToEnd;

/// <summary>The built programs with the certificates that <c>make dev-certs</c> makes.</summary>
public sealed class MutualTlsTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private RunningAgent? _running;

    public void Dispose()
    {
        _running?.Dispose();
        _directory.Dispose();
    }

    [KernelFact]
    public void Alerts_wait_for_a_certificate_that_counts_and_then_are_delivered_without_a_restart()
    {
        string certificates = _directory.File("certificates");
        Programs.Outcome made = Programs.Run("sh", Repository.Path("packaging/dev-certs.sh"), certificates);
        Assert.True(made.ExitCode == 0, made.Error);
        string docker = _directory.File("docker");
        File.Copy("/bin/true", docker);
        _running = RunningAgent.StartWithTls(_directory.File("data"), certificates);

        Programs.Run(docker, "run", "--privileged", "before");
        _running.AlertWith("before");
        Assert.Empty(_running.Stored());
        Assert.Matches("The certificate is not taken, there is none to be used: .*agent.pem cannot be read", _running.Messages);

        foreach (string file in Directory.GetFiles(certificates, "agent-*"))
        {
            File.Move(file, Path.Combine(certificates, "agent" + Path.GetExtension(file)));
        }

        _running.Deliver();
        Assert.Contains(_running.Stored(), static alert => RunningAgent.WordsOf(alert).Contains("before"));
        Assert.Equal(0, _running.Stop());
    }
}
