namespace Tallyman.Collector.Store;

/// <summary>The store cannot do what was asked; the message is for people.</summary>
/// <param name="mayPass">The same may succeed later: the database is away, the disk is full.</param>
/// <param name="isOfTheData">The store would take other rows: it is what is in these that it does not take, now or ever.</param>
internal sealed class StoreException(string message, Exception? cause = null, bool mayPass = false, bool isOfTheData = false) : Exception(message, cause)
{
    public bool IsOfTheData { get; } = isOfTheData;

    public bool MayPass { get; } = mayPass;
}
