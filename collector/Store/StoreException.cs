namespace Tallyman.Collector.Store;

/// <summary>The store cannot do what was asked; the message is for people.</summary>
internal sealed class StoreException(string message, Exception? cause = null) : Exception(message, cause);
