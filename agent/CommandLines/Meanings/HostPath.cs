namespace Tallyman.Agent.CommandLines.Meanings;

/// <summary>Paths of the host as the tools and the kernel read them, without looking at any file.</summary>
internal static class HostPath
{
    /// <summary>Without double slashes, "." and ".." where the path is absolute; a relative one stays as it is written.</summary>
    public static string Clean(string path)
    {
        if (path is not ['/', ..])
        {
            return path;
        }

        if (!path.Contains("//", StringComparison.Ordinal) && !path.Contains("/.", StringComparison.Ordinal) && (path.Length == 1 || path[^1] != '/'))
        {
            return path;
        }

        var parts = new List<string>();
        foreach (string part in path.Split('/'))
        {
            if (part == "..")
            {
                if (parts.Count > 0)
                {
                    parts.RemoveAt(parts.Count - 1);
                }
            }
            else if (part is not ("" or "."))
            {
                parts.Add(part);
            }
        }

        return "/" + string.Join('/', parts);
    }

    /// <summary>Absolute and clean; null if the path is relative and the directory is not known, or if it is no path.</summary>
    public static string? Resolve(string path, string? directory) => path switch
    {
        ['/', ..] => Clean(path),
        [] or ['~', ..] => null,
        _ => directory is null ? null : Clean($"{directory}/{path}"),
    };
}
