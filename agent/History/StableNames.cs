using System.Buffers;

namespace Tallyman.Agent.History;

/// <summary>What is left of names without the part that is another one each time.</summary>
internal static class StableNames
{
    /// <summary>Of which Kubernetes makes the ends of names (k8s.io/apimachinery, util/rand): no vowels, nothing that looks alike.</summary>
    private static readonly SearchValues<char> Random = SearchValues.Create("bcdfghjklmnpqrstvwxz2456789");

    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789");

    /// <summary>An image without tag and digest.</summary>
    public static string RepositoryOf(string image)
    {
        string name = image.Split('@')[0];
        int tag = name.LastIndexOf(':');
        return tag > name.LastIndexOf('/') ? name[..tag] : name;
    }

    /// <summary>A service of systemd; empty for scopes, which are of one session or one start.</summary>
    public static string ServiceOf(string unit) =>
        unit.EndsWith(".service", StringComparison.Ordinal) && !unit.StartsWith("user@", StringComparison.Ordinal) ? unit : "";

    /// <summary>What made a pod, as far as its name shows: "web" for web-7c5ddbdf54-x2x7k, web-x2x7k and web-29384756-x2x7k.</summary>
    public static string WorkloadOf(string pod)
    {
        string name = WithoutEnd(pod, 5, 5, Random);
        return name == pod ? pod : WithoutEnd(name, 8, 10, Digits) is string job && job != name ? job : WithoutEnd(name, 6, 10, Random);
    }

    private static string WithoutEnd(string name, int shortest, int longest, SearchValues<char> alphabet)
    {
        int dash = name.LastIndexOf('-');
        int length = name.Length - dash - 1;
        return dash > 0 && length >= shortest && length <= longest && !name.AsSpan(dash + 1).ContainsAnyExcept(alphabet) ? name[..dash] : name;
    }
}
