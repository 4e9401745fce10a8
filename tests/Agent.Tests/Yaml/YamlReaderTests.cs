using System.Text;
using Tallyman.Agent.Yaml;
using Xunit;

namespace Tallyman.Agent.Tests.Yaml;

public class YamlReaderTests
{
    [Theory]
    [InlineData("a: [1, '2', {b: c}]", "{a:[1,'2',{b:c}]}")]
    [InlineData("a\n---\nb", "a b")]
    [InlineData("---\n---\nb", "- b")]
    [InlineData("%YAML 1.1\n---\na: b\n", "{a:b}")]
    [InlineData("# nothing\n", "")]
    [InlineData("a: !!str 1\nb: !!int '2'\nc: !!binary YQ==\nd: !x y\n", "{a:'1',b:2,c:'a',d:!x y}")]
    [InlineData("a: &x [1]\nb: *x\n", "{a:[1],b:[1]}")]
    [InlineData("&k a: 1\nb: *k\n", "{a:1,b:a}")]
    [InlineData("a: {b: 1}\nc: [2, {d", "{a:{b:1},c:[2,{d:-}]}")] // what was read before a mistake stays
    [InlineData("a: 1\nb: [\n---\nc: 2\n", "{a:1,b:[]} {c:2}")]
    public void Documents_are_read(string text, string expected) => Assert.Equal(expected, Show(YamlReader.Read(text, YamlOptions.Untrusted)));

    [Theory]
    [InlineData(YamlKeys.Unique, "{b: 1, a: 1, <<: {a: 2, c: 2}}", "{b:1,a:1,c:2}")]
    [InlineData(YamlKeys.Unique, "{<<: [{a: 1}, {a: 2, c: 2}]}", "{a:1,c:2}")]
    [InlineData(YamlKeys.Unique, "{'<<': {a: 2}}", "{'<<':{a:2}}")]
    [InlineData(YamlKeys.LastWins, "{b: 1, a: 1, a: 2}", "{b:1,a:2}")]
    [InlineData(YamlKeys.LastWins, "{a: 1, <<: {a: 2}}", "{a:2}")]
    [InlineData(YamlKeys.LastWins, "{<<: {a: 2}, a: 1}", "{a:1}")]
    [InlineData(YamlKeys.LastWins, "{<<: [{a: 1}, {a: 2}]}", "{a:1}")]
    [InlineData(YamlKeys.LastWinsSorted, "{b: 1, a: 1, B: 1, b: 2}", "{B:1,a:1,b:2}")]
    public void Keys_are_read_as_the_tools_do(YamlKeys keys, string text, string expected) =>
        Assert.Equal(expected, Show(YamlReader.Read(text, YamlOptions.Untrusted with { Keys = keys })));

    [Theory]
    [InlineData("{\"a\":[1,true,null,\"x\"]}", "{'a':[1,true,null,'x']}")]
    [InlineData("{\"a\":1}{\"a\":2,\"a\":3}\n4", "{'a':1} {'a':3} 4")]
    [InlineData("{\"a\":{\"b\":1},\"c\":[2,", "{'a':{'b':1},'c':[2]}")]
    [InlineData("{\"a\":\"\\u0041\\ud83d\\ude00\"}", "{'a':'A😀'}")]
    [InlineData("{\"a\":\"\\ud800\"}", "{'a':'\\ud800'}")] // which Go takes for a replacement character
    [InlineData("{a: 1}", "{}")]
    [InlineData("", "")]
    public void Json_is_read(string text, string expected) =>
        Assert.Equal(expected, Show(YamlReader.ReadJson(Encoding.UTF8.GetBytes(text), YamlOptions.Untrusted)));

    [Theory]
    [InlineData("a: 1\n---\nb: 2\n---\n\nc: [\n", 6)]
    [InlineData("a: 1\n---\nb: *x\n", 3)]
    [InlineData("a: 1\na: 2\n", 2)]
    public void A_mistake_has_its_line_in_the_text(string text, int line) =>
        Assert.InRange(YamlReader.Read(text, YamlOptions.Untrusted).Error!.Line, line, line + 1);

    [Fact]
    public void Lines_of_json_are_counted()
    {
        YamlContent content = YamlReader.ReadJson("{\n\"a\": [\n1,\n{\"b\": 2}\n]}\n\n3"u8.ToArray(), YamlOptions.Untrusted);
        var list = (YamlSequence)((YamlMapping)content.Documents[0]).Find("a")!;
        Assert.Equal([2, 3, 4, 7], new[] { list.Line, list.Items[0].Line, list.Items[1].Line, content.Documents[1].Line });
    }

    private static string Show(YamlContent content) => string.Join(' ', content.Documents.Select(Show));

    private static string Show(YamlNode node) => (node.Tag is null ? "" : node.Tag + " ") + node switch
    {
        YamlScalar scalar => scalar.IsPlain ? (scalar.Text.Length == 0 ? "-" : scalar.Text) : $"'{scalar.Text}'",
        YamlSequence sequence => $"[{string.Join(',', sequence.Items.Select(Show))}]",
        YamlMapping mapping => $"{{{string.Join(',', mapping.Entries.Select(static entry => $"{Show(entry.Key)}:{Show(entry.Value)}"))}}}",
        _ => "?",
    };
}
