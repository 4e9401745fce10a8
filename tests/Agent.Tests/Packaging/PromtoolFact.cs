using Xunit;

namespace Tallyman.Agent.Tests.Packaging;

/// <summary>A test that needs Prometheus' promtool: skipped where it is neither unpacked (packaging/tools.sh) nor installed.</summary>
public sealed class PromtoolFactAttribute : FactAttribute
{
    public PromtoolFactAttribute() => Skip = Path is null ? "there is no promtool: packaging/tools.sh unpacks Debian's" : null;

    internal static string? Path { get; } = new[] { Repository.Path("out/tools/usr/bin/promtool"), "/usr/bin/promtool", "/usr/local/bin/promtool" }.FirstOrDefault(File.Exists);
}
