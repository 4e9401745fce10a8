using Tallyman.Agent.Model;

namespace Tallyman.Agent.Alerts;

/// <summary>The facts of an invocation in the vocabulary of docs/facts.md: sorted, each once.</summary>
internal static class FactReport
{
    private static readonly string[] SecretEndings =
    [
        "PASS", "PASSWORD", "PWD", "SECRET", "TOKEN", "API_KEY", "ACCESS_KEY", "PRIVATE_KEY", "CREDENTIAL", "CREDENTIALS", "AUTH",
    ];

    public static IReadOnlyList<string> Of(Invocation invocation)
    {
        var report = new SortedSet<string>(StringComparer.Ordinal);
        var capabilities = new SortedSet<string>(StringComparer.Ordinal);
        foreach (Fact fact in invocation.Facts)
        {
            switch (fact.Kind)
            {
                case FactKind.CapAdd:
                    capabilities.Add(fact.Value);
                    break;
                case FactKind.EnvironmentVariable:
                    if (SecretEndings.Any(ending => fact.Value.EndsWith(ending, StringComparison.OrdinalIgnoreCase)))
                    {
                        report.Add($"ENV_SECRET({fact.Value})");
                    }

                    break;
                case >= FactKind.ResourceRead:
                    break; // only for rules
                default:
                    report.Add(fact.Value.Length == 0 ? fact.Kind.Name() : $"{fact.Kind.Name()}({fact.Value})");
                    break;
            }
        }

        if (capabilities.Count > 0)
        {
            report.Add($"CAP_ADD({string.Join(',', capabilities)})");
        }

        return [.. report];
    }
}
