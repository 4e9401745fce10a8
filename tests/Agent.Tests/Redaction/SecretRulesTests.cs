using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Tallyman.Agent.CommandLines;
using Tallyman.Agent.Model;
using Tallyman.Agent.Redaction;
using Xunit;

namespace Tallyman.Agent.Tests.Redaction;

public partial class SecretRulesTests
{
    private static readonly byte[] Data = File.ReadAllBytes(Repository.Path("agent/Redaction/secrets.json"));

    public static TheoryData<Tool> Tools => [.. ToolNames.ContainerTools];

    [Theory]
    [MemberData(nameof(Tools))]
    public void Every_flag_with_a_value_whose_name_sounds_like_a_secret_is_decided(Tool tool)
    {
        ToolSecrets secrets = new SecretRules(Data).Of(tool)!;
        string[] undecided = [.. Grammars.Of(tool).Commands
            .SelectMany(static command => command.Flags.Select(flag => (command.Path, Flag: flag)))
            .Where(use => use.Flag.Value != FlagValue.Switch && !secrets.Flags.ContainsKey(use.Flag))
            .Where(static use => use.Flag.Aliases.Prepend(use.Flag.Long).Any(SoundsSecret().IsMatch))
            .Select(static use => $"{use.Path} --{use.Flag.Long}")];
        Assert.Empty(undecided);
    }

    [Fact]
    public void What_is_no_secret_has_a_reason()
    {
        using JsonDocument document = JsonDocument.Parse(Data, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip });
        Assert.All(
            document.RootElement.GetProperty("tools").EnumerateObject().SelectMany(static tool => tool.Value.EnumerateArray()),
            static row => Assert.Equal(row.GetProperty("as").GetString() == "none", row.TryGetProperty("because", out _)));
    }

    [Theory]
    [InlineData("\"as\": \"whole\"", "\"as\": \"hole\"", "hole")]
    [InlineData("\"flag\": \"change\"", "\"flag\": \"changed\"", "changed")]
    [InlineData("\"on\": \"swarm join\"", "\"on\": \"swarm enter\"", "swarm enter")]
    [InlineData("\"of\": \"crypt\"", "\"of\": \"crypto\"", "crypto")]
    public void Data_that_names_what_is_not_there_does_not_load(string right, string wrong, string named)
    {
        string json = Encoding.UTF8.GetString(Data);
        Assert.Contains(right, json, StringComparison.Ordinal);
        InvalidDataException e = Assert.Throws<InvalidDataException>(() => new SecretRules(Encoding.UTF8.GetBytes(json.Replace(right, wrong, StringComparison.Ordinal))));
        Assert.Contains(named, e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("password")]
    [InlineData("DB_PASSWORD")]
    [InlineData("dbPassword")]
    [InlineData("users.x.token")]
    [InlineData("apiKey")]
    [InlineData("API-KEY")]
    [InlineData("aws_secret_access_key")]
    [InlineData("MYSQL_PWD")]
    [InlineData("DB_PASS")]
    [InlineData("dbpass")]
    [InlineData("-storepass")]
    [InlineData("pwd")]
    [InlineData("PIN")]
    [InlineData("X-Auth")]
    [InlineData("client-key-data")]
    public void A_name_says_that_it_is_a_secret(string name) => Assert.True(new SecretRules(Data).Names.IsSecret(Encoding.UTF8.GetBytes(name)));

    [Theory]
    [InlineData("")]
    [InlineData("p")]
    [InlineData("PWD")]
    [InlineData("OLDPWD")]
    [InlineData("bypass")]
    [InlineData("spin")]
    [InlineData("author")]
    [InlineData("authority")]
    [InlineData("compass")]
    [InlineData("password-file")]
    [InlineData("token_url")]
    [InlineData("secretName")]
    [InlineData("key")]
    [InlineData("_")]
    public void Other_names_do_not(string name) => Assert.False(new SecretRules(Data).Names.IsSecret(Encoding.UTF8.GetBytes(name)));

    [GeneratedRegex("pass|secret|token|cred|auth|key|cookie|header|literal|refresh|dbstr|(^|-)(env|args?)(-|$)")]
    private static partial Regex SoundsSecret();
}
