namespace Tallyman.Grpc;

/// <summary>What one side of mutual TLS needs, as PEM files.</summary>
/// <param name="Certificate">Its own certificate, and behind it those between that and the authority.</param>
/// <param name="Key">The key of its own certificate, in clear.</param>
/// <param name="Authorities">Whose certificates the peer may have. No other authority is trusted, whatever the system has.</param>
public sealed record TlsFiles(string Certificate, string Key, string Authorities);

/// <summary>The files are not to be used; the message says which and why.</summary>
public sealed class TlsException(string message, Exception? cause = null) : Exception(message, cause);
