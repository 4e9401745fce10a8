using System.Text.RegularExpressions;

namespace Tallyman.Agent.Tests.CommandLines.Generated;

/// <summary>A command line that the tool accepts, and what it asks for, known because it was made so.</summary>
/// <param name="CommandEnd">The index in argv behind the last command word.</param>
/// <param name="FlagsEnd">The index in argv up to which an element that looks like a flag is read as one.</param>
internal sealed partial record GeneratedLine(
    IReadOnlyList<string> Argv, string Command, string? Image, IReadOnlyList<string> Facts, int CommandEnd, int FlagsEnd)
{
    /// <summary>The flags that were put into it.</summary>
    public required IReadOnlyList<Use> Uses { get; init; }

    /// <summary>Facts as they are reported: sorted, each once, capabilities in one.</summary>
    public static IReadOnlyList<string> Report(IEnumerable<string> facts)
    {
        ILookup<bool, string> isCapability = facts.ToLookup(static fact => fact.StartsWith("CAP_ADD(", StringComparison.Ordinal));
        string[] capabilities = [.. isCapability[true].SelectMany(static fact => fact[8..^1].Split(',')).Distinct().Order(StringComparer.Ordinal)];
        string[] merged = capabilities.Length == 0 ? [] : [$"CAP_ADD({string.Join(',', capabilities)})"];
        return [.. isCapability[false].Concat(merged).Distinct().Order(StringComparer.Ordinal)];
    }

    /// <summary>As one would type it.</summary>
    public override string ToString() =>
        string.Join(' ', Argv.Select(static word => Plain().IsMatch(word) ? word : $"'{word.Replace("'", @"'\''", StringComparison.Ordinal)}'"));

    [GeneratedRegex(@"^[A-Za-z0-9_./:=,@%+-]+\z")]
    private static partial Regex Plain();
}
