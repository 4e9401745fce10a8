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
    public void An_address_to_listen_on_is_read(string url, bool insecure, string address) =>
        Assert.Equal(IPEndPoint.Parse(address), ServeCommand.AddressOf(url, insecure));

    [Theory]
    [InlineData("http://0.0.0.0:7610", "beyond loopback and in clear text")]
    [InlineData("http://10.0.0.1:7610", "beyond loopback and in clear text")]
    [InlineData("http://[::]:7610", "beyond loopback and in clear text")]
    [InlineData("https://127.0.0.1:7610", "--listen must be like http://127.0.0.1:7610, is 'https://127.0.0.1:7610'")]
    [InlineData("127.0.0.1:7610", "--listen must be like")]
    [InlineData("http://127.0.0.1:7610/path", "--listen must be like")]
    [InlineData("http://user@127.0.0.1", "--listen must be like")]
    [InlineData("http://collector:7610", "--listen must name an IP address or localhost, names 'collector'")]
    [InlineData("", "--listen must be like")]
    public void Others_are_refused_with_what_to_do(string url, string message)
    {
        UserException e = Assert.Throws<UserException>(() => ServeCommand.AddressOf(url, insecure: false));
        Assert.Equal(ExitCode.Usage, e.ExitCode);
        Assert.Contains(message, e.Message, StringComparison.Ordinal);
    }

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
    public void A_time_or_an_age_is_read(string? text, string time) =>
        Assert.Equal(DateTimeOffset.Parse(time, System.Globalization.CultureInfo.InvariantCulture), ExportCommand.SinceOf(text, Now));

    [Theory]
    [InlineData("")]
    [InlineData("yesterday")]
    [InlineData("5x")]
    [InlineData("-5m")]
    [InlineData("99999999999d")]
    public void What_is_no_time_is_refused(string text) =>
        Assert.Equal(
            $"--since must be a time such as 2026-11-22T08:00:00Z or an age such as 24h, is '{text}'",
            Assert.Throws<UserException>(() => ExportCommand.SinceOf(text, Now)).Message);
}
