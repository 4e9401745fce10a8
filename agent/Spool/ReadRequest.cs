namespace Tallyman.Agent.Spool;

/// <summary>Somebody waits for records from a sequence on.</summary>
internal sealed record ReadRequest(ulong Epoch, ulong From, int MostRecords, long MostBytes)
{
    public TaskCompletionSource<SpoolBatch?> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <param name="read">Gives records behind a place.</param>
    public SpoolBatch? BatchOf(Func<ulong, int, long, List<SpooledRecord>> read, SpoolState state, DateTimeOffset now)
    {
        ulong from = state.PlaceOf(From);
        SpoolBatch? batch = SpoolBatch.Of(from, read(from - 1, MostRecords, MostBytes), state.Acknowledged, state.Next - 1, now);
        return batch is null ? null : batch with { First = state.SequenceOf(batch.First) };
    }
}
