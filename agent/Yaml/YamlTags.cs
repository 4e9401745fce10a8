using System.Text;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Tallyman.Agent.Yaml;

/// <summary>Tags of YAML itself, as Go's YAML reads them: they go before the quotes.</summary>
internal static class YamlTags
{
    private const string Core = "tag:yaml.org,2002:";

    public static YamlScalar Resolve(Scalar scalar, int line)
    {
        bool isPlain = scalar.Style == ScalarStyle.Plain;
        return (scalar.Tag.IsEmpty ? null : scalar.Tag.Value) switch
        {
            "!" or Core + "str" => new YamlScalar(line, scalar.Value, IsPlain: false),
            Core + "binary" => new YamlScalar(line, Decode(scalar.Value), IsPlain: false),
            Core + "bool" or Core + "int" or Core + "float" => new YamlScalar(line, scalar.Value, IsPlain: true),
            _ => new YamlScalar(line, scalar.Value, isPlain),
        };
    }

    private static string Decode(string base64)
    {
        byte[] bytes = new byte[base64.Length];
        return Convert.TryFromBase64String(base64, bytes, out int length) ? Encoding.UTF8.GetString(bytes, 0, length) : "";
    }
}
