using System.CommandLine;
using System.Net;
using Tallyman.Cli;
using Tallyman.Collector.Cli;
using Xunit;

namespace Tallyman.Collector.Tests.Cli;

public class CommandTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("http://127.0.0.1:7610", false, "127.0.0.1:7610")]
    [InlineData("http://localhost:80", false, "127.0.0.1:80")]
    [InlineData("http://[::1]:7610", false, "[::1]:7610")]
    [InlineData("http://127.8.8.8:1", false, "127.8.8.8:1")]
    [InlineData("http://0.0.0.0:7610", true, "0.0.0.0:7610")]
    [InlineData("https://0.0.0.0:7610", false, "0.0.0.0:7610")]
    [InlineData("https://[::]", false, "[::]:443")]
    public void An_address_to_listen_on_is_read(string url, bool insecure, string address) =>
        Assert.Equal(IPEndPoint.Parse(address), ServeCommand.AddressOf(url, insecure, hasTls: url.StartsWith("https", StringComparison.Ordinal)));

    [Theory]
    [InlineData("http://0.0.0.0:7610", "beyond loopback and in clear text")]
    [InlineData("http://10.0.0.1:7610", "beyond loopback and in clear text")]
    [InlineData("http://[::]:7610", "beyond loopback and in clear text")]
    [InlineData("https://127.0.0.1:7610", "--listen https://… and the --tls options go together, --listen is 'https://127.0.0.1:7610'")]
    [InlineData("127.0.0.1:7610", "--listen must be like")]
    [InlineData("http://127.0.0.1:7610/path", "--listen must be like")]
    [InlineData("http://user@127.0.0.1", "--listen must be like")]
    [InlineData("http://collector:7610", "--listen must name an IP address or localhost, names 'collector'")]
    [InlineData("", "--listen must be like")]
    public void Others_are_refused_with_what_to_do(string url, string message)
    {
        UserException e = Assert.Throws<UserException>(() => ServeCommand.AddressOf(url, insecure: false, hasTls: false));
        Assert.Equal(ExitCode.Usage, e.ExitCode);
        Assert.Contains(message, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_in_clear_is_not_taken_for_TLS() =>
        Assert.Throws<UserException>(() => ServeCommand.AddressOf("http://127.0.0.1:7610", insecure: true, hasTls: true));

    [Theory]
    [InlineData("--tls-cert cert", "go together")]
    [InlineData("--tls-cert cert --tls-key key", "go together")]
    [InlineData("--tls-client-ca ca", "go together")]
    [InlineData("--tls-cert cert --tls-key  --tls-client-ca ca", "one of them is empty")]
    public void Files_of_TLS_are_given_together_or_not_at_all(string flags, string message)
    {
        var tls = new TlsFlags("the collector", "--tls-client-ca", "agents");
        var command = new Command("serve");
        tls.AddTo(command);
        UserException e = Assert.Throws<UserException>(() => tls.Of(command.Parse(flags.Split(' '))));
        Assert.Equal(ExitCode.Usage, e.ExitCode);
        Assert.Contains(message, e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(3651)]
    public void Nothing_is_kept_for_no_time_or_for_ever(int days) =>
        Assert.Equal($"--keep-days must be 1 to 3650, is {days}", Assert.Throws<UserException>(() => ServeCommand.KeepOf(days)).Message);

    [Theory]
    [InlineData(null, "1970-01-01T00:00:00Z")]
    [InlineData("90s", "2026-11-22T11:58:30Z")]
    [InlineData("15m", "2026-11-22T11:45:00Z")]
    [InlineData("24h", "2026-11-21T12:00:00Z")]
    [InlineData("7d", "2026-11-15T12:00:00Z")]
    [InlineData("0.5d", "2026-11-22T00:00:00Z")]
    [InlineData("2026-11-01", "2026-11-01T00:00:00Z")]
    [InlineData("2026-11-22T08:00:00Z", "2026-11-22T08:00:00Z")]
    [InlineData("2026-11-22T08:00:00+02:00", "2026-11-22T06:00:00Z")]
    [InlineData("2026-11-22T08:00:00.25Z", "2026-11-22T08:00:00.25Z")]
    public void A_time_or_an_age_is_read(string? text, string time) =>
        Assert.Equal(DateTimeOffset.Parse(time, System.Globalization.CultureInfo.InvariantCulture), ExportCommand.SinceOf(text, Now));

    [Theory]
    [InlineData("")]
    [InlineData("yesterday")]
    [InlineData("5x")]
    [InlineData("-5m")]
    [InlineData("99999999999d")]
    [InlineData("11/22/2026")]
    [InlineData("2026-11-22 08:00:00")]
    [InlineData("2026-13-01")]
    public void What_is_no_time_is_refused(string text) =>
        Assert.Equal(
            $"--since must be a time such as 2026-11-22T08:00:00Z or an age such as 24h, is '{text}'",
            Assert.Throws<UserException>(() => ExportCommand.SinceOf(text, Now)).Message);
}
