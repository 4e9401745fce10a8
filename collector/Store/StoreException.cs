namespace Tallyman.Collector.Store;

/// <summary>The store cannot do what was asked; the message is for people.</summary>
/// <param name="mayPass">The same may succeed later: the database is away, the disk is full.</param>
internal sealed class StoreException(string message, Exception? cause = null, bool mayPass = false) : Exception(message, cause)
{
    public bool MayPass { get; } = mayPass;
}
