using Xunit;

namespace Tallyman.Agent.Tests.Packaging;

/// <summary>A test that needs Prometheus' promtool: skipped where it is neither unpacked (packaging/tools.sh) nor installed.</summary>
public sealed class PromtoolFactAttribute : FactAttribute
{
    public PromtoolFactAttribute() => Skip = Reason;

    /// <summary>Null where the tests run.</summary>
    internal static string? Reason => Path is null ? "there is no promtool: packaging/tools.sh unpacks Debian's" : null;

    internal static string? Path { get; } = new[] { Repository.Path("out/tools/usr/bin/promtool"), "/usr/bin/promtool", "/usr/local/bin/promtool" }.FirstOrDefault(File.Exists);
}

/// <summary>The same for a table.</summary>
public sealed class PromtoolTheoryAttribute : TheoryAttribute
{
    public PromtoolTheoryAttribute() => Skip = PromtoolFactAttribute.Reason;
}
