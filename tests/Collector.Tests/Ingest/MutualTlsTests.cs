using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging.Abstractions;
using Tallyman.Collector.Ingest;
using Tallyman.Collector.Store;
using Tallyman.Grpc;
using Tallyman.V1;
using Xunit;
using static Tallyman.Collector.Tests.Messages;

namespace Tallyman.Collector.Tests.Ingest;

public sealed class MutualTlsTests : IAsyncLifetime, IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly ManualClock _clock = new(TimeProvider.System.GetUtcNow());
    private readonly TestAuthority _authority;
    private CollectorFixture _collector = null!;

    public MutualTlsTests() => _authority = new TestAuthority(_directory, "authority");

    public async Task InitializeAsync() => _collector = await CollectorFixture.StartAsync(tls: _authority.ForCollector(), time: _clock);

    public async Task DisposeAsync() => await _collector.DisposeAsync();

    public void Dispose()
    {
        _authority.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task An_agent_that_shows_its_certificate_is_served()
    {
        using GrpcChannel channel = _collector.Channel(Watch(_authority.ForAgent("agent")));
        using GrpcCall<AgentFrame, CollectorFrame> call = await OpenAsync(channel, "agent");
        await call.WriteAsync(Batch(1, Alert("a")));
        Assert.Equal(1ul, (await call.ReadAsync())!.Ack.UptoSeq);
    }

    [Fact]
    public async Task What_the_script_makes_is_good_for_both_sides()
    {
        Programs.Outcome made = Programs.Run("sh", Repository.Path("packaging/dev-certs.sh"), _directory.File("dev"), "agent-1");
        Assert.True(made.ExitCode == 0, made.Error);
        TlsFiles Files(string name) => new(_directory.File($"dev/{name}.pem"), _directory.File($"dev/{name}.key"), _directory.File("dev/ca.pem"));

        await using CollectorFixture collector = await CollectorFixture.StartAsync(tls: Files("server"));
        using GrpcChannel channel = collector.Channel(Watch(Files("agent-agent-1")));
        using GrpcCall<AgentFrame, CollectorFrame> call = await OpenAsync(channel, "agent-1");
    }

    [Fact]
    public async Task Who_says_that_it_is_another_host_is_refused_and_recorded()
    {
        Assert.Equal(
            new GrpcStatus(StatusCode.PermissionDenied, "the certificate speaks for agent, not for other"),
            await RefusalAsync(Watch(_authority.ForAgent("agent")), "other"));

        await _collector.StopAsync();
        Finding finding = Assert.Single(await _collector.FindingsAsync());
        Assert.Equal(("agent", FindingKind.ForeignAgentId), (finding.AgentId, finding.Kind));
        Assert.EndsWith("says that it is other", finding.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_shows_no_certificate_that_counts_is_not_served()
    {
        using var others = new TestAuthority(_directory, "others");
        TlsFiles stranger = others.ForAgent("agent") with { Authorities = _authority.Authorities };
        GrpcStatus refused = await RefusalAsync(Watch(stranger), "agent");
        Assert.Equal(StatusCode.Unavailable, refused.Code);
        Assert.Contains("certificate may not be accepted", refused.Message, StringComparison.Ordinal);
        Assert.Equal(StatusCode.Unavailable, (await RefusalAsync(Watch(_authority.ForCollector()), "agent")).Code); // for servers
        Assert.Equal(StatusCode.Unavailable, (await RefusalAsync(null, "agent")).Code);

        using TlsWatch late = new(_authority.ForAgent("late", TimeProvider.System.GetUtcNow().AddDays(-1)), new ManualClock(DateTimeOffset.UnixEpoch.AddYears(1)), NullLogger.Instance);
        Assert.Equal(StatusCode.Unavailable, (await RefusalAsync(late, "late")).Code);
        Assert.Empty(await _collector.StoredAsync());

        await _collector.StopAsync();
        Finding finding = Assert.Single(await _collector.FindingsAsync());
        Assert.Equal((FindingKind.CertificateRefused, 4), (finding.Kind, finding.Count));
        Assert.Contains("127.0.0.1", finding.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_agent_trusts_no_collector_of_another_authority()
    {
        using var others = new TestAuthority(_directory, "others");
        Assert.Equal(StatusCode.Unavailable, (await RefusalAsync(Watch(_authority.ForAgent("agent") with { Authorities = others.Authorities }), "agent")).Code);
    }

    [Fact]
    public async Task New_certificates_are_taken_without_a_restart_and_streams_go_on()
    {
        TlsFiles files = _authority.ForAgent("agent");
        using TlsWatch watch = Watch(files);
        using GrpcChannel channel = _collector.Channel(watch);
        using GrpcCall<AgentFrame, CollectorFrame> first = await OpenAsync(channel, "agent");

        // Another authority for both sides: whoever still has the old files cannot connect any more.
        using var next = new TestAuthority(_directory, "next");
        _ = next.ForCollector();
        File.Copy(next.Authorities, _authority.Authorities, overwrite: true);
        _clock.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(StatusCode.Unavailable, (await RefusalAsync(Watch(files), "agent")).Code);

        _ = next.ForAgent("agent");
        _clock.Advance(TimeSpan.FromSeconds(10));
        using GrpcCall<AgentFrame, CollectorFrame> again = await OpenAsync(channel, "agent", epoch: 2);
        await again.WriteAsync(Batch(1, Alert("a")));
        Assert.Equal(1ul, (await again.ReadAsync())!.Ack.UptoSeq);
        Assert.NotNull((await first.ReadAsync())!.GoAway); // it lived until then
    }

    [Fact]
    public async Task Files_that_do_not_belong_together_are_not_taken()
    {
        TlsFiles files = _authority.ForCollector();
        string key = await File.ReadAllTextAsync(files.Key);
        foreach (string broken in new[] { "", "no key", await File.ReadAllTextAsync(_authority.ForAgent("x").Key) })
        {
            await File.WriteAllTextAsync(files.Key, broken);
            _clock.Advance(TimeSpan.FromSeconds(10));
            using GrpcChannel channel = _collector.Channel(Watch(_authority.ForAgent("agent")));
            using GrpcCall<AgentFrame, CollectorFrame> call = await OpenAsync(channel, "agent");
        }

        await File.WriteAllTextAsync(files.Key, key);
        TlsFiles expired = _authority.ForCollector(_clock.GetUtcNow().AddMinutes(-1));
        Assert.Contains("has expired at", Assert.Throws<TlsException>(() => TlsIdentity.Load(expired, _clock.GetUtcNow())).Message, StringComparison.Ordinal);
        Assert.Contains("cannot be read", Assert.Throws<TlsException>(() => TlsIdentity.Load(files with { Key = "/nowhere" }, _clock.GetUtcNow())).Message, StringComparison.Ordinal);
        Assert.Contains("holds none", Assert.Throws<TlsException>(() => TlsIdentity.Load(files with { Authorities = files.Key }, _clock.GetUtcNow())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_certificate_that_a_wrong_clock_refuses_is_taken_when_the_clock_is_right()
    {
        var clock = new ManualClock(DateTimeOffset.UnixEpoch.AddYears(1000));
        string? flaw = null;
        using var watch = new TlsWatch(_authority.ForAgent("agent"), clock, NullLogger.Instance, said => flaw = said);
        Assert.Null(watch.Current);
        Assert.Contains("has expired at", flaw, StringComparison.Ordinal);

        clock.Set(_clock.GetUtcNow());
        clock.Advance(TimeSpan.FromSeconds(10));
        Assert.NotNull(watch.Current);
        Assert.Null(flaw);
    }

    [Fact]
    public async Task A_stream_does_not_outlive_the_certificate_it_began_with()
    {
        using GrpcChannel channel = _collector.Channel(Watch(_authority.ForAgent("agent", _clock.GetUtcNow().AddMinutes(20))));
        using GrpcCall<AgentFrame, CollectorFrame> call = await OpenAsync(channel, "agent");
        _clock.Advance(TimeSpan.FromMinutes(21));
        Assert.NotNull((await call.ReadAsync())!.GoAway);
    }

    [Theory]
    [InlineData("agent", "URI:spiffe://test/tallyman/agent")]
    [InlineData("a b", "URI:spiffe://one/tallyman/a", "URI:spiffe://two/tallyman/b")]
    [InlineData("agent", "DNS:agent")]
    [InlineData("node-7.example.org node-7", "DNS:node-7.example.org", "DNS:node-7")]
    [InlineData("agent", "DNS:another", "URI:spiffe://test/tallyman/agent")] // SPIFFE names speak alone
    [InlineData("", "DNS:agent", "URI:spiffe://test/other/agent")]
    [InlineData("", "URI:spiffe://test/tallyman/agent/more")]
    [InlineData("*.prod", "URI:spiffe://test/tallyman/fleet/prod")]
    [InlineData("", "URI:spiffe://test/tallyman/fleet/")]
    [InlineData("", "URI:spiffe://test/tallyman/fleet/prod/more")]
    [InlineData("", "URI:spiffe://test/tallyman/*.prod")] // a fleet says that it is one
    [InlineData("", "DNS:*.prod")] // web servers have such certificates, and many may ask for one
    [InlineData("", "URI:spiffe://test/tallyman")]
    [InlineData("", "URI:https://test/tallyman/agent")]
    [InlineData("", "URI:spiffe:///tallyman/agent")]
    [InlineData("", "MAIL:agent@test")]
    public void A_certificate_speaks_for_the_agents_that_it_names(string agents, params string[] names)
    {
        TlsFiles files = _authority.ForAgent("named", builder =>
        {
            foreach (string name in names)
            {
                string value = name[(name.IndexOf(':', StringComparison.Ordinal) + 1)..];
                switch (name.Split(':')[0])
                {
                    case "URI":
                        builder.AddUri(new Uri(value));
                        break;
                    case "DNS":
                        builder.AddDnsName(value);
                        break;
                    default:
                        builder.AddEmailAddress(value);
                        break;
                }
            }
        });
        using X509Certificate2 certificate = X509Certificate2.CreateFromPem(File.ReadAllText(files.Certificate));
        Assert.Equal(agents.Split(' ', StringSplitOptions.RemoveEmptyEntries), AgentNames.In(certificate));
    }

    [Theory]
    [InlineData("*.prod", "node-7.prod", true)]
    [InlineData("*.prod", "ip-10-0-0-7.eu.internal.prod", true)]
    [InlineData("*.prod", "node-7.test", false)]
    [InlineData("*.prod", "node-7.notprod", false)]
    [InlineData("*.prod", ".prod", false)]
    [InlineData("*.prod", "prod", false)]
    [InlineData("prod", "node-7.prod", false)]
    [InlineData("a *.prod", "a", true)]
    [InlineData("", "a", false)]
    public void A_fleet_is_all_whose_ids_end_with_its_name(string names, string agent, bool isIncluded) =>
        Assert.Equal(isIncluded, AgentNames.Include(names.Split(' ', StringSplitOptions.RemoveEmptyEntries), agent));

    private TlsWatch Watch(TlsFiles files) => new(files, _clock, NullLogger.Instance);

    private static async Task<GrpcCall<AgentFrame, CollectorFrame>> OpenAsync(GrpcChannel channel, string agent, ulong epoch = 1)
    {
        GrpcCall<AgentFrame, CollectorFrame> call = CollectorFixture.Open(channel);
        await call.WriteAsync(Hello(agent, epoch));
        CollectorFrame? welcome = await call.ReadAsync();
        Assert.True(welcome?.Welcome is not null, call.Status.ToString());
        return call;
    }

    private async Task<GrpcStatus> RefusalAsync(TlsWatch? tls, string agent)
    {
        using GrpcChannel channel = _collector.Channel(tls);
        using GrpcCall<AgentFrame, CollectorFrame> call = CollectorFixture.Open(channel);
        await call.WriteAsync(Hello(agent));
        Assert.Null(await call.ReadAsync());
        return call.Status!.Value;
    }
}
