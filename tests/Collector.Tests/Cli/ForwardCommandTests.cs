using System.CommandLine;
using Microsoft.Extensions.Logging.Abstractions;
using Tallyman.Cli;
using Tallyman.Collector.Cli;
using Tallyman.Collector.Forward;
using Xunit;

namespace Tallyman.Collector.Tests.Cli;

public sealed class ForwardCommandTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public ForwardCommandTests() => File.WriteAllText(_directory.File("secret"), "https://sumo.example/hush\n");

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("--to otlp --url http://127.0.0.1:4317", "OTLP at 127.0.0.1:4317")]
    [InlineData("--to otlp --url https://otel.example:4317 --token-file SECRET", "OTLP at otel.example:4317")]
    [InlineData("--to splunk --url https://splunk:8088 --token-file SECRET", "Splunk at splunk:8088")]
    [InlineData("--to sumo --url-file SECRET", "Sumo Logic")]
    public void A_destination_is_read(string arguments, string name)
    {
        using IDestination destination = Read(arguments);
        Assert.Equal(name, destination.Name);
    }

    [Theory]
    [InlineData("--to otlp", "--url is missing: where is it? Such as http://127.0.0.1:4317")]
    [InlineData("--to otlp --url 127.0.0.1:4317", "--url must be like http://127.0.0.1:4317")]
    [InlineData("--to otlp --url http://otel.example:4317", "beyond loopback and in clear text")]
    [InlineData("--to splunk --url http://10.0.0.1:8088 --token-file SECRET", "beyond loopback and in clear text")]
    [InlineData("--to splunk --url https://splunk:8088", "--to splunk needs --token-file")]
    [InlineData("--to splunk --url https://splunk:8088 --token-file /no/such/file", "/no/such/file cannot be read")]
    [InlineData("--to sumo --url https://sumo.example/hush", "the URL of an HTTP source is a secret, and others see command lines")]
    [InlineData("--to sumo", "--to sumo needs --url-file")]
    [InlineData("--to sumo --url-file SECRET --token-file SECRET", "--token-file for the others")]
    [InlineData("--to otlp --url http://127.0.0.1:4317 --url-file SECRET", "--url-file is for --to sumo")]
    public void One_that_cannot_be_is_refused_with_what_to_do(string arguments, string message) =>
        Assert.Contains(message, Assert.Throws<UserException>(() => Read(arguments)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData(null, "otlp")]
    [InlineData("siem-2_b", "siem-2_b")]
    public void A_destination_has_a_name(string? given, string name) => Assert.Equal(name, ForwardCommand.NameOf(given, "otlp"));

    [Theory]
    [InlineData("")]
    [InlineData("../../etc/x")]
    [InlineData("a b")]
    public void A_name_that_is_no_file_name_is_refused(string name) =>
        Assert.Equal($"--name must be 1 to 64 letters, digits, - or _, is '{name}'", Assert.Throws<UserException>(() => ForwardCommand.NameOf(name, "otlp")).Message);

    private IDestination Read(string arguments)
    {
        var command = new ForwardCommand();
        ParseResult parsed = command.Parse(arguments.Replace("SECRET", _directory.File("secret"), StringComparison.Ordinal));
        Assert.Empty(parsed.Errors);
        return command.DestinationOf(parsed, TimeProvider.System, NullLogger.Instance);
    }
}
