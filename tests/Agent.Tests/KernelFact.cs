using Tallyman.Agent.Sources;
using Tallyman.Agent.Sources.Ebpf;
using Xunit;

namespace Tallyman.Agent.Tests;

/// <summary>A test that needs this kernel's eBPF: skipped, with the reason, where it cannot be had.</summary>
public sealed class KernelFactAttribute : FactAttribute
{
    public KernelFactAttribute() => Skip = Reason;

    /// <summary>Null where the tests run.</summary>
    public static string? Reason { get; } = FindReason();

    private static string? FindReason()
    {
        try
        {
            ProbeRequirements.Check();
            return null;
        }
        catch (SourceUnavailableException e)
        {
            return e.Message;
        }
    }
}

/// <summary>The same for a table.</summary>
public sealed class KernelTheoryAttribute : TheoryAttribute
{
    public KernelTheoryAttribute() => Skip = KernelFactAttribute.Reason;
}
