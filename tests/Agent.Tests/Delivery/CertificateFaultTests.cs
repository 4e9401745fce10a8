using Tallyman.Agent.Status;
using Tallyman.Agent.Tests.Spool;
using Tallyman.Grpc;
using Xunit;

namespace Tallyman.Agent.Tests.Delivery;

/// <summary>Certificates that end, or are wrong: alerts wait, the agent says why, and with a right one it goes on without a restart.</summary>
[Trait("Category", Faults.Category)]
public sealed class CertificateFaultTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly TestAuthority _authority;
    private readonly TestAuthority _other;

    public CertificateFaultTests() => (_authority, _other) = (new TestAuthority(_directory, "authority"), new TestAuthority(_directory, "other"));

    public void Dispose()
    {
        _authority.Dispose();
        _other.Dispose();
        _directory.Dispose();
    }

    private TlsFiles Agent => new(_directory.File("agent.pem"), _directory.File("agent.key"), _directory.File("agent-ca.pem"));

    private string Data => _directory.File("data");

    [Theory]
    [InlineData("its certificate expires while the stream is open")]
    [InlineData("its certificate is of another authority")]
    [InlineData("its certificate speaks for another agent")]
    [InlineData("it trusts another authority")]
    public async Task Where_the_certificate_does_not_count_alerts_wait_until_another_is_there(string fault)
    {
        using CollectorProcess collector = StartCollector();
        Use(fault switch
        {
            "its certificate expires while the stream is open" => _authority.ForAgent("agent", TimeProvider.System.GetUtcNow().AddSeconds(8)),
            "its certificate is of another authority" => _other.ForAgent("agent") with { Authorities = _authority.Authorities },
            "its certificate speaks for another agent" => _authority.ForAgent("somebody"),
            _ => _authority.ForAgent("agent") with { Authorities = _other.Authorities },
        });
        await using var delivery = new RunningDelivery(RunningDelivery.Options(_directory.File("state")), [collector.Address], Agent, new TimeInHaste());
        await delivery.StartAsync();
        if (fault.Contains("expires", StringComparison.Ordinal))
        {
            delivery.Append(10);
            await delivery.DeliverAsync();
            Assert.Contains("expires", delivery.Health[Ailment.CertificateFailing], StringComparison.Ordinal);
        }

        await SomeSpool.UntilAsync(() => delivery.Health[Ailment.CollectorAway] is not null);
        delivery.Append(10);
        await delivery.Spool.SettleAsync();
        Assert.Equal(10, delivery.Spool.Status.Records);

        Use(_authority.ForAgent("agent"));
        await delivery.DeliverAsync();
        Assert.Empty(delivery.Health.Ailments());
        int stored = StoredRecords.Read(Data).AssertInOrder(delivery.Appended, RunningDelivery.NumberOf);
        Faults.Report($"TLS: of the agent, {fault}", 1, stored, "", "waits, says why, goes on with a right one without a restart");
    }

    [Theory]
    [InlineData("a key of another certificate")]
    [InlineData("a certificate cut short")]
    [InlineData("no key")]
    public async Task What_does_not_belong_together_does_not_take_the_place_of_what_does(string fault)
    {
        using CollectorProcess collector = StartCollector();
        Use(_authority.ForAgent("agent"));
        await using var delivery = new RunningDelivery(RunningDelivery.Options(_directory.File("state")), [collector.Address], Agent, new TimeInHaste());
        await delivery.StartAsync();
        switch (fault)
        {
            case "a key of another certificate":
                File.Copy(_authority.ForAgent("another").Key, Agent.Key, overwrite: true);
                break;
            case "no key":
                File.Delete(Agent.Key);
                break;
            default:
                File.WriteAllText(Agent.Certificate, File.ReadAllText(Agent.Certificate)[..200]);
                break;
        }

        await SomeSpool.UntilAsync(() => delivery.Health[Ailment.CertificateFailing] is not null);
        collector.Restart();
        delivery.Append(10);
        await delivery.DeliverAsync();
        Use(_authority.ForAgent("agent"));
        await SomeSpool.UntilAsync(() => delivery.Health[Ailment.CertificateFailing] is null);
        collector.Restart();
        delivery.Append(10);
        await delivery.DeliverAsync();
        int stored = StoredRecords.Read(Data).AssertInOrder(delivery.Appended, RunningDelivery.NumberOf);
        Faults.Report($"TLS: the agent is given {fault}", 1, stored, "", "says so and stays with the one before");
    }

    private CollectorProcess StartCollector()
    {
        TlsFiles server = _authority.ForCollector();
        return new CollectorProcess(
            CollectorProcess.FreeAddress("https"), "--data", Data, "--tls-cert", server.Certificate, "--tls-key", server.Key, "--tls-client-ca", server.Authorities);
    }

    private void Use(TlsFiles files)
    {
        foreach ((string from, string to) in new[] { (files.Certificate, Agent.Certificate), (files.Key, Agent.Key), (files.Authorities, Agent.Authorities) })
        {
            File.Copy(from, to + ".new", overwrite: true);
            File.Move(to + ".new", to, overwrite: true);
        }
    }
}
