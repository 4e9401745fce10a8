using System.Collections.Concurrent;
using Xunit;

namespace Tallyman.Agent.Tests.Packaging;

/// <summary>What <c>kubectl kustomize</c>, which asks no cluster, makes of packaging/kubernetes.</summary>
internal static class Kustomize
{
    private static readonly ConcurrentDictionary<string, string> Rendered = new();

    public static string[] Overlays { get; } = ["agent-only", "audit-log", "command-lines", "with-collector", "with-collector-cert-manager"];

    public static string Directory(string overlay) => Repository.Path($"packaging/kubernetes/overlays/{overlay}");

    public static string Render(string overlay) => Rendered.GetOrAdd(overlay, static overlay =>
    {
        Programs.Outcome outcome = Programs.Run(KubectlTheoryAttribute.Path!, "kustomize", Directory(overlay));
        Assert.True(outcome.ExitCode == 0, outcome.Error);
        return outcome.Output;
    });
}

/// <summary>A table of tests that need kubectl: skipped, with the reason, where there is none.</summary>
public sealed class KubectlTheoryAttribute : TheoryAttribute
{
    public KubectlTheoryAttribute() => Skip = Path is null ? "there is no kubectl, which renders packaging/kubernetes" : null;

    internal static string? Path { get; } = new[] { "/usr/bin/kubectl", "/usr/local/bin/kubectl" }.FirstOrDefault(File.Exists);
}
