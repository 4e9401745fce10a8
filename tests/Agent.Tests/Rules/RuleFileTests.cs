using Tallyman.Agent.Rules;
using Xunit;

namespace Tallyman.Agent.Tests.Rules;

public class RuleFileTests
{
    private const string Head = "profile: mine\nindicators: {PRIVILEGED: all, EXEC: a command}\nrules:\n";

    [Fact]
    public void A_rule_is_read()
    {
        RuleSet rules = Read(Head + "  - {raise: EXEC, fact: EXEC, command: [exec], exec: 1, fires: [docker exec web id], silent: [docker ps]}\n");
        Rule rule = Assert.Single(rules.Rules);
        Assert.Equal(("EXEC", 1), (rule.Indicator, rule.Weight));
        Assert.Equal("all", rules.Sentences["PRIVILEGED"]);
    }

    [Theory]
    [InlineData("", "site.yaml:1: the file is empty")]
    [InlineData("profile: [x", "site.yaml:")]
    [InlineData("profile: x\nrules: []\n", "site.yaml:1: the key indicators is missing")]
    [InlineData("profile: x\nprofile: y\n", "site.yaml:2: the key profile stands twice")]
    [InlineData("profil: x\n", "site.yaml:1: the key profil is not known; there are profile, tools, risk_needs_word, of_dry_runs, indicators, rules")]
    [InlineData(Head + "  - {raise: EXEX, fact: EXEC}\n", "site.yaml:4: must be one of PRIVILEGED, EXEC, nothing, is 'EXEX'")]
    [InlineData(Head + "  - {raise: EXEC, fact: EXECUTE}\n", "site.yaml:4: there is no fact EXECUTE")]
    [InlineData(Head + "  - {raise: EXEC, fact: EXEC, risk: 1000}\n", "site.yaml:4: must be 1 to 100, is '1000'")]
    [InlineData(Head + "  - {raise: EXEC, fact: EXEC, priv: 3, exec: 1}\n", "site.yaml:4: a rule raises one part of suspicion_score at most, here are priv and exec")]
    [InlineData(Head + "  - {raise: EXEC, fact: EXEC, path: {under: etc/}}\n", "site.yaml:4: a path must be absolute and not end in a slash, is 'etc/'")]
    [InlineData(Head + "  - {raise: EXEC, fact: EXEC, value: {like: x}}\n", "site.yaml:4: the key like is not known; there are is, starts")]
    [InlineData(Head + "  - &a {raise: EXEC, fact: EXEC}\n  - *a\n", "site.yaml:5: aliases are not allowed, here is *a")]
    [InlineData("profile: x\n---\nprofile: y\n", "site.yaml:2: a second document begins here, only one is allowed")]
    [InlineData("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", "site.yaml:1: nesting may be 32 deep, is deeper")]
    public void A_mistake_is_named_with_its_line(string text, string message)
    {
        RuleFileException e = Assert.Throws<RuleFileException>(() => Read(text));
        Assert.StartsWith(message, e.Message, StringComparison.Ordinal);
    }

    private static RuleSet Read(string text) => RuleFile.Read(new StringReader(text), "site.yaml");
}
