namespace Tallyman.Agent.Sources;

/// <summary>Executions cannot be seen in this way on this host. The message says what is missing and what to do.</summary>
/// <param name="isPermission">Whether it is for want of privileges.</param>
internal sealed class SourceUnavailableException(string message, bool isPermission = false) : Exception(message)
{
    public bool IsPermission { get; } = isPermission;
}
