namespace Tallyman.Agent.Local;

/// <summary>An answer that goes on for as long as who asked for it stays.</summary>
internal interface ILocalStream : IDisposable
{
    /// <summary>Its type is application/octet-stream.</summary>
    /// <param name="cancel">When the client has gone, or the agent ends.</param>
    Task WriteAsync(Stream client, CancellationToken cancel);
}
