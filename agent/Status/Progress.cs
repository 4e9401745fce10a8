namespace Tallyman.Agent.Status;

/// <summary>What has to go on for anything to be seen and judged.</summary>
public enum Stage
{
    /// <summary>Reads what the kernel, or auditd, has to tell.</summary>
    Source,

    /// <summary>Looks into binaries that nobody knows yet.</summary>
    Identity,

    /// <summary>Judges executions.</summary>
    Detection,
}

/// <summary>Whether the stages of the pipeline go on. Each says so itself; any thread may ask.</summary>
public sealed class Progress(TimeProvider time)
{
    /// <summary>Far beyond what any one execution takes: reading its manifests is given up after seconds.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly long[] _beats = new long[Enum.GetValues<Stage>().Length]; // 0: it rests

    /// <summary>It has something to do, and begins with it now.</summary>
    public void Beat(Stage stage) => Volatile.Write(ref _beats[(int)stage], Math.Max(1, time.GetTimestamp()));

    /// <summary>It waits for something to do, or is over.</summary>
    public void Rest(Stage stage) => Volatile.Write(ref _beats[(int)stage], 0);

    /// <returns>Which stage does not go on, and since when; null if all do.</returns>
    public string? Stuck()
    {
        for (int i = 0; i < _beats.Length; i++)
        {
            if (Volatile.Read(ref _beats[i]) is long beat and not 0 && time.GetElapsedTime(beat) is TimeSpan wait && wait > Patience)
            {
                return string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{((Stage)i).ToString().ToLowerInvariant()} has not gone on for {wait.TotalSeconds:F0} s");
            }
        }

        return null;
    }
}
