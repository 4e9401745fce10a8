using System.Net;
using Tallyman.Grpc;

namespace Tallyman.Collector;

/// <summary>What a collector is told by its command line.</summary>
/// <param name="Directory">Of the SQLite store, where <paramref name="Postgres"/> is null.</param>
/// <param name="Postgres">The connection string of a PostgreSQL store.</param>
/// <param name="Keep">How long what is stored is kept.</param>
/// <param name="Tls">Null: clear text.</param>
internal sealed record CollectorOptions(IPEndPoint Address, string Directory, string? Postgres, TimeSpan Keep, TlsFiles? Tls = null)
{
    /// <summary>Known to other collectors and to operators.</summary>
    public string Name => $"{Environment.MachineName}:{Address.Port}";
}
