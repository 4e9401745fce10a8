using Tallyman.Agent.Configuration;
using Xunit;

namespace Tallyman.Agent.Tests;

public sealed class AgentSettingsTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void What_does_not_fit_is_told_at_once_with_its_place()
    {
        string file = _directory.File("tallyman.yaml");
        var e = Assert.Throws<ConfigurationException>(() => Read("listen: 0.0.0.0:9760\nsocket_group: no such group\ncollectors: [nowhere]\nexceptions:\n  - name: a"));

        Assert.Equal(78, e.ExitCode);
        Assert.Equal(
            [
                $"{file}:3: collector must be like https://alerts.example:7610, is 'nowhere'",
                $"{file}:1: only this host may ask, so the address must be of loopback, is 0.0.0.0",
                $"{file}:2: socket_group must be a group of /etc/group or its number, is 'no such group'",
            ],
            e.Errors.Where(error => !error.Contains("exception", StringComparison.Ordinal)));
        Assert.Contains(e.Errors, error => error.StartsWith($"{file}:5: ", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("listen: nowhere", "an address is like")]
    [InlineData("listen: \"unix:/a\\0b\"", "Null character in path")]
    [InlineData("listen: \"a\\u001bb\"", "is 'a\\x1bb'")]
    [InlineData("socket_group: \"a\\u001bb\"", "is 'a\\x1bb'")]
    [InlineData("host: {proc: \"/a\\u001bb\"}", "/a\\x1bb is no proc file system")]
    public void Whatever_stands_there_is_a_mistake_of_its_line(string yaml, string mistake)
    {
        string error = Assert.Single(Assert.Throws<ConfigurationException>(() => Read(yaml)).Errors);

        Assert.StartsWith($"{_directory.File("tallyman.yaml")}:1: ", error, StringComparison.Ordinal);
        Assert.Contains(mistake, error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{}", null, null)]
    [InlineData("listen: 127.0.0.1:9760\nsocket_group: root", "127.0.0.1:9760", 0u)]
    [InlineData("listen: \"[::1]:9760\"\nsocket_group: 4242", "[::1]:9760", 4242u)]
    [InlineData("listen: unix:/run/x.sock", "/run/x.sock", null)]
    public void Who_may_ask_and_where_is_part_of_the_settings(string yaml, string? listen, uint? group)
    {
        AgentSettings settings = Read(yaml);

        Assert.Equal((listen, group), (settings.Local.Listen?.ToString(), settings.Local.Group));
    }

    private AgentSettings Read(string yaml)
    {
        string file = _directory.File("tallyman.yaml");
        File.WriteAllText(file, yaml + "\n");
        return AgentSettings.Of(new ConfigurationReader(ConfigurationPlaces.Of(file), null, new Dictionary<string, Given>()).Read());
    }
}
