using System.Threading.RateLimiting;
using Tallyman.Collector.Store;
using Tallyman.Grpc;

namespace Tallyman.Collector.Ingest;

/// <summary>
/// What waits for the store. It is bounded, and fair: an agent has at most one batch in it, and a batch is at most a
/// twentieth of it. Who finds it full waits in turn, and is not read from meanwhile.
/// </summary>
internal sealed class StoreQueue : IAsyncDisposable
{
    /// <summary>Frames up to so many bytes need no room: an agent has one at most. Large ones cannot push small ones out.</summary>
    public const int ShortFrame = 16 * 1024;

    /// <summary>The limiter counts in these, so that ten thousand who wait are not too many for it.</summary>
    private const int Unit = 1024;

    /// <summary>Thirty-two times the longest message.</summary>
    private const int Capacity = 32 * GrpcFrame.DefaultMessageLimit / Unit;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly ConcurrencyLimiter _room = new(new ConcurrencyLimiterOptions
    {
        PermitLimit = Capacity,
        QueueLimit = int.MaxValue,
        QueueProcessingOrder = QueueProcessingOrder.OldestFirst,
    });

    private readonly GroupCommit<Claim, Claimed> _claims;
    private readonly GroupCommit<AgentBatch, bool> _batches;

    public StoreQueue(IStore store, TimeProvider time, ILogger<StoreQueue> logger)
    {
        _claims = new(store.ClaimAsync, loops: 1, patience: null, time, logger);
        _batches = new(store.StoreAsync, store.Writers, Patience, time, logger);
    }

    /// <summary>Bytes of long frames that are received or wait.</summary>
    public long BytesTaken => (Capacity - _room.GetStatistics()!.CurrentAvailablePermits) * Unit;

    /// <returns>Room for so many bytes, to be given back.</returns>
    public Task<RateLimitLease> RoomForAsync(int bytes, CancellationToken cancel) => _room.AcquireAsync((bytes + Unit - 1) / Unit, cancel).AsTask();

    /// <exception cref="StoreException">The store is away or refuses.</exception>
    public Task<Claimed> ClaimAsync(Claim claim) => _claims.DoAsync(claim);

    /// <summary>Waits until the store has it, for however long the store is away.</summary>
    /// <returns>Whether the stream is still the newest of its agent; if not, nothing is stored.</returns>
    public Task<bool> StoreAsync(AgentBatch batch) => _batches.DoAsync(batch);

    public async ValueTask DisposeAsync()
    {
        await _claims.DisposeAsync();
        await _batches.DisposeAsync();
        await _room.DisposeAsync();
    }
}
