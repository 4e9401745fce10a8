namespace Tallyman.Agent.Support;

/// <summary>
/// Takes out of YAML what stands under keys whose names say that it is a secret: on the key's line, and on all lines that are further
/// in, so that texts of several lines and lists go too. Line by line, as a file that is no YAML must not say more than one that is.
/// </summary>
internal static class YamlSecrets
{
    private const string Mark = "'[redacted]'"; // in quotes, as it would be a list

    public static string Redact(string yaml, Predicate<string> isSecretName)
    {
        int secret = -1; // where the key stands whose value is one
        return string.Join('\n', yaml.ReplaceLineEndings("\n").Split('\n').Select(line =>
        {
            int start = line.AsSpan().IndexOfAnyExcept(" \t-#"); // a comment may be a setting of yesterday's
            if (start < 0)
            {
                return line;
            }

            if (secret >= 0 && start > secret)
            {
                return line[..start] + Mark;
            }

            int colon = line.IndexOf(':', start);
            secret = colon >= 0 && isSecretName(line[start..colon]) ? start : -1;
            return secret < 0 || string.IsNullOrWhiteSpace(line[(colon + 1)..]) ? line : $"{line[..(colon + 1)]} {Mark}";
        }));
    }
}
