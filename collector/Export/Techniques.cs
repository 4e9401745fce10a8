using Tallyman.V1;

namespace Tallyman.Collector.Export;

/// <summary>The techniques of MITRE ATT&amp;CK that the two published detections name, as https://attack.mitre.org calls them.</summary>
/// <param name="Parent">Of a sub-technique.</param>
internal sealed record Technique(string Id, string Name, Technique? Parent = null);

internal static class Techniques
{
    // of both techniques; T1610 serves others, too
    public const string TacticId = "TA0002";
    public const string Tactic = "Execution";

    private static readonly Technique[] Known =
    [
        new("T1610", "Deploy Container"),
        new("T1059.013", "Container CLI/API", new Technique("T1059", "Command and Scripting Interpreter")),
    ];

    /// <summary>Those of the alert, the first one first.</summary>
    public static IReadOnlyList<Technique> Of(Scores scores) =>
        [.. scores.Techniques.Select(static id => Known.FirstOrDefault(technique => technique.Id == id) ?? new Technique(id, ""))];

    /// <summary>The name of the first.</summary>
    public static string NameOf(Scores scores) => Of(scores) is [Technique first, ..] ? first.Name : "";
}
