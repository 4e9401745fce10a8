namespace Tallyman.Agent;

/// <summary>Something that is exchanged as a whole while the agent runs; who needs it for several steps takes it once.</summary>
internal sealed class Live<T>(T current)
    where T : class
{
    private volatile T _current = current;

    public T Current
    {
        get => _current;
        set => _current = value;
    }
}
