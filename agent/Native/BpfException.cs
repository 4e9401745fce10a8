using System.Runtime.InteropServices;

namespace Tallyman.Agent.Native;

/// <summary>libbpf or the kernel refuses something.</summary>
/// <param name="error">errno, positive.</param>
internal sealed class BpfException(string what, int error, string details)
    : Exception($"{what}: {Marshal.GetPInvokeErrorMessage(error)}")
{
    public int Error { get; } = error;

    /// <summary>The last of what libbpf and the verifier said; may have many lines.</summary>
    public string Details { get; } = details;
}
