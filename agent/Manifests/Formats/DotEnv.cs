using Tallyman.Agent.Yaml;

namespace Tallyman.Agent.Manifests.Formats;

/// <summary>compose's .env: NAME=VALUE in lines, what stands in single quotes as it is, in all else the variables before it.</summary>
internal static class DotEnv
{
    private const int MostLines = 20_000;

    /// <param name="environment">What the lines may refer to besides each other.</param>
    /// <param name="variables">Where they go; a later one takes the place of an earlier.</param>
    public static void Read(string text, Func<string, string?> environment, Dictionary<string, string> variables)
    {
        var reading = new ManifestReading("", new ManifestContext(null, environment));
        string? Known(string name) => environment(name) ?? variables.GetValueOrDefault(name);
        foreach (string each in text.Split('\n', MostLines + 1).Take(MostLines))
        {
            string line = each.Trim();
            line = line.StartsWith("export ", StringComparison.Ordinal) ? line["export ".Length..].TrimStart() : line;
            int equals = line.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0 && line[0] != '#')
            {
                variables[line[..equals].TrimEnd()] = ValueOf(line[(equals + 1)..].TrimStart(), new Interpolation(reading, Known));
            }
        }
    }

    private static string ValueOf(string value, Interpolation interpolation)
    {
        int end = value is ['\'' or '"', ..] ? value.IndexOf(value[0], 1) : -1;
        if (end > 0 && value[0] == '\'')
        {
            return value[1..end];
        }

        int comment = value.IndexOf(" #", StringComparison.Ordinal);
        string text = end > 0 ? value[1..end] : comment < 0 ? value : value[..comment].TrimEnd();
        return ((YamlScalar)interpolation.Apply(new YamlScalar(0, text, false))).Text;
    }
}
