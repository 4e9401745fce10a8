using System.Collections.Immutable;
using System.Globalization;
using Tallyman.Agent.History;
using Tallyman.Rendering;
using Tallyman.V1;

namespace Tallyman.Agent.Learning;

/// <summary>An exception that would have been for alerts which there were, as narrow as what they have in common allows. It is for people to judge.</summary>
/// <param name="Match">Conditions in the order in which they are to stand.</param>
/// <param name="IsPerson">Whether somebody who has logged in did it: then it is not to be hidden.</param>
/// <param name="Severity">The highest of them.</param>
internal sealed record Proposal(string Name, ImmutableArray<(string Key, ImmutableArray<string> Values)> Match, bool IsPerson, ulong Times, DateTimeOffset Last, Severity Severity)
{
    private const int MostManifests = 4;

    /// <summary>Those that were seen most often first.</summary>
    /// <param name="leftOut">Times that something was seen of which no exception can be written: its names are no patterns.</param>
    public static IReadOnlyList<Proposal> Of(IEnumerable<(Alert Alert, ulong Times)> alerts, out ulong leftOut)
    {
        var proposals = new List<Proposal>();
        leftOut = 0;
        foreach (var alike in alerts.GroupBy(static each => KeyOf(each.Alert)))
        {
            ulong times = alike.Aggregate(0ul, static (sum, each) => sum + each.Times);
            if (TryOf([.. alike.Select(static each => each.Alert)], times) is Proposal proposal)
            {
                proposals.Add(proposal);
            }
            else
            {
                leftOut += times;
            }
        }

        return [.. proposals.OrderByDescending(static proposal => proposal.Times).ThenBy(static proposal => proposal.Name, StringComparer.Ordinal)];
    }

    /// <returns>Null if it has names of which no exception can be written.</returns>
    public static Proposal? TryOf(ImmutableArray<Alert> alike, ulong times)
    {
        Alert first = alike[0];
        List<(string Key, ImmutableArray<string> Values)> match = [("tool", [first.CommandLine.Tool])];
        Add(match, "command", alike.Select(static alert => alert.CommandLine.Command));
        Add(match, "image", alike.Select(static alert => alert.CommandLine.Image));
        string[] manifests = [.. alike.SelectMany(ManifestsOf).Distinct()];
        Add(match, "manifest", manifests.Length <= MostManifests ? manifests : []);
        match.AddRange(WhoIn(alike));
        if (match.Exists(static condition => condition.Values.Any(static value => !IsPlain(value))))
        {
            return null;
        }

        match = [.. match.Select(static condition => condition.Key == "image" ? ("image", [.. condition.Values.Select(AnyTagOf).Distinct()]) : condition)];
        match.AddRange(PodIn(first.Process));
        match.Add(("indicators", [.. alike.SelectMany(static alert => alert.Indicators).Select(static indicator => indicator.Id).Distinct()]));
        return new Proposal(
            NameOf(first), [.. match], IsOfPerson(first.Process), times, alike.Max(static alert => alert.Time.ToDateTimeOffset()), alike.Max(static alert => alert.Scores.Severity));
    }

    private static string KeyOf(Alert alert) => string.Join('\0', (string[])
    [
        alert.CommandLine.Tool,
        alert.CommandLine.Command,
        StableNames.RepositoryOf(alert.CommandLine.Image),
        WhereOf(alert.Process),
        IsOfPerson(alert.Process) ? $"{alert.Process.Loginuid}" : $"{alert.Process.Uid}",
        .. alert.Indicators.Select(static indicator => indicator.Id).Distinct().Order(StringComparer.Ordinal),
    ]);

    /// <summary>A workload, else a service; empty for what has neither.</summary>
    private static string WhereOf(Process process) =>
        process.Pod is { Name.Length: > 0 } pod ? $"{pod.Namespace}/{StableNames.WorkloadOf(pod.Name)}" : ServiceOf(process);

    private static string ServiceOf(Process process) => StableNames.ServiceOf(process.UserUnit.Length > 0 ? process.UserUnit : process.Unit);

    private static bool IsOfPerson(Process process) => process.HasLoginuid && WhereOf(process).Length == 0;

    /// <summary>What whoever runs the command does not choose.</summary>
    private static IEnumerable<(string Key, ImmutableArray<string> Values)> WhoIn(ImmutableArray<Alert> alike)
    {
        Process process = alike[0].Process;
        if (IsOfPerson(process))
        {
            yield return ("loginuid", [process.LoginUser.Length > 0 ? process.LoginUser : Number(process.Loginuid)]);
            yield break;
        }

        yield return ("user", [process.User.Length > 0 ? process.User : Number(process.Uid)]);
        if (process.Pod is { Name.Length: > 0 })
        {
            yield break;
        }

        if (ServiceOf(process) is { Length: > 0 } service)
        {
            yield return ("unit", [service]);
        }

        string[] parents = [.. alike.Select(static alert => alert.Process.Ancestry.FirstOrDefault()?.Executable ?? "").Distinct()];
        if (parents is [{ Length: > 0 } parent])
        {
            yield return ("parent", [parent]);
        }
    }

    /// <summary>Names end in something else each time.</summary>
    private static IEnumerable<(string Key, ImmutableArray<string> Values)> PodIn(Process process)
    {
        if (process.Pod is { Name.Length: > 0 } pod && IsPlain(pod.Name + pod.Namespace))
        {
            yield return ("pod_namespace", [pod.Namespace]);
            yield return ("pod", [StableNames.WorkloadOf(pod.Name) is string workload && workload != pod.Name ? workload + "-*" : pod.Name]);
        }
    }

    private static void Add(List<(string Key, ImmutableArray<string> Values)> match, string key, IEnumerable<string> values)
    {
        ImmutableArray<string> given = [.. values.Where(static value => value.Length > 0).Distinct()];
        if (given.Length > 0)
        {
            match.Add((key, given));
        }
    }

    private static IEnumerable<string> ManifestsOf(Alert alert) =>
        alert.CommandLine.Manifests.Where(static manifest => manifest.Name.Length > 1).Select(manifest =>
            manifest.Name[0] == '/' || manifest.Name.Contains("://", StringComparison.Ordinal) || alert.Process.Cwd is not ['/', ..] ? manifest.Name : Path.GetFullPath(manifest.Name, alert.Process.Cwd));

    /// <summary>The image in any version.</summary>
    private static string AnyTagOf(string image)
    {
        string repository = StableNames.RepositoryOf(image);
        return image.Length == repository.Length ? image : $"{repository}{image[repository.Length]}*";
    }

    /// <summary>Whether a pattern of it fits it and nothing else, and it was not cut.</summary>
    private static bool IsPlain(string value) => SafeText.IsSafe(value) && !value.AsSpan().ContainsAny('*', '?', '…');

    private static string NameOf(Alert alert)
    {
        string who = WhereOf(alert.Process) is { Length: > 0 } where ? Path.GetFileNameWithoutExtension(where)
            : alert.Process.LoginUser.Length > 0 ? alert.Process.LoginUser
            : alert.Process.User.Length > 0 ? alert.Process.User : $"user {alert.Process.Uid}";
        string name = $"{who} {alert.CommandLine.Tool} {alert.CommandLine.Command}".TrimEnd().ToLowerInvariant();
        return string.Concat(name.Select(static letter => char.IsAsciiLetterOrDigit(letter) ? letter : '-'));
    }

    private static string Number(uint id) => id.ToString(CultureInfo.InvariantCulture);
}
