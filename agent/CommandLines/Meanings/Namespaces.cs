using Tallyman.Agent.Model;

namespace Tallyman.Agent.CommandLines.Meanings;

/// <summary>--pid, --ipc and the like: the host's namespace, or that of another container or process.</summary>
/// <param name="kind">As it is written in JOIN_NS(kind=…).</param>
internal sealed class NamespaceMeaning(FactKind host, string kind, bool isFolded) : Meaning
{
    public override void Read(Reading reading, FlagUse? use)
    {
        if (use is FlagUse given)
        {
            foreach (string text in Lists.Split(reading.Text(given), given.Flag.Repetition))
            {
                Read(reading, host, kind, isFolded ? text.ToLowerInvariant() : text, Reading.ArgOf(given));
            }
        }
    }

    public static void Read(Reading reading, FactKind host, string kind, string text, int arg)
    {
        if (text == "host")
        {
            reading.Add(host, "", arg);
        }
        else if (text.StartsWith("container:", StringComparison.Ordinal) || text.StartsWith("ns:", StringComparison.Ordinal))
        {
            reading.Add(FactKind.JoinNs, $"{kind}={text}", arg);
        }
    }
}

/// <summary>docker's --network: a name, or name=… and more, in which case the tool reads it without regard to case.</summary>
internal sealed class DockerNetworkMeaning : Meaning
{
    public override void Read(Reading reading, FlagUse? use)
    {
        if (use is not FlagUse given || reading.HasNetwork)
        {
            return;
        }

        reading.HasNetwork = true;
        string text = reading.Text(given);
        if (HasWordPair(text))
        {
            text = Lists.Pairs(Lists.Csv(text) ?? []).LastOrDefault(pair => pair.Key.Trim().Equals("name", StringComparison.OrdinalIgnoreCase))
                .Value?.Trim().ToLowerInvariant() ?? "";
        }

        NamespaceMeaning.Read(reading, FactKind.HostNet, "net", text, Reading.ArgOf(given));
    }

    /// <summary>Whether a letter, digit or underscore stands on both sides of some '=': docker's test for the long form.</summary>
    private static bool HasWordPair(string text)
    {
        for (int i = 1; i + 1 < text.Length; i++)
        {
            if (text[i] == '=' && IsWord(text[i - 1]) && IsWord(text[i + 1]))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsWord(char c) => char.IsAsciiLetterOrDigit(c) || c == '_';
}

/// <summary>podman's --network: only the first counts, and it is no list.</summary>
internal sealed class PodmanNetworkMeaning : Meaning
{
    public override void Read(Reading reading, FlagUse? use)
    {
        if (use is FlagUse given && !reading.HasNetwork)
        {
            reading.HasNetwork = true;
            NamespaceMeaning.Read(reading, FactKind.HostNet, "net", reading.Text(given), Reading.ArgOf(given));
        }
    }
}

/// <summary>ctr's --with-ns TYPE:PATH, where the namespaces of process 1 are the host's.</summary>
internal sealed class CtrNamespaceMeaning : Meaning
{
    private static readonly Dictionary<string, (string Kind, FactKind? Host)> Types = new(StringComparer.Ordinal)
    {
        ["pid"] = ("pid", FactKind.HostPid),
        ["network"] = ("net", FactKind.HostNet),
        ["ipc"] = ("ipc", FactKind.HostIpc),
        ["uts"] = ("uts", FactKind.HostUts),
        ["user"] = ("user", FactKind.HostUserns),
        ["cgroup"] = ("cgroup", FactKind.HostCgroupns),
        ["mount"] = ("mount", null),
    };

    public override void Read(Reading reading, FlagUse? use)
    {
        if (use is not FlagUse given || reading.Text(given).Split(':', 2) is not [string type, string path] || !Types.TryGetValue(type, out (string Kind, FactKind? Host) found))
        {
            return;
        }

        if (found.Host is FactKind host && HostPath.Clean(path).StartsWith("/proc/1/ns/", StringComparison.Ordinal))
        {
            reading.Add(host, "", Reading.ArgOf(given));
        }
        else
        {
            reading.Add(FactKind.JoinNs, $"{found.Kind}={path}", Reading.ArgOf(given));
        }
    }
}
