using System.Diagnostics;
using System.Net;
using Tallyman.Collector.Store;

namespace Tallyman.Fleet;

/// <summary>One fleet against collectors that share a store: connects, has nothing to tell, has much to tell, loses its collectors, is checked.</summary>
internal sealed class Round(FleetOptions options, CollectorProcess[] collectors, TimeProvider time)
{
    private readonly Statistics _statistics = new() { ConnectWithin = Math.Max(1, options.Agents / 500.0) };

    private double Megabytes => collectors.Sum(static collector => collector.Megabytes);

    private TimeSpan Processor => TimeSpan.FromTicks(collectors.Sum(static collector => collector.Processor.Ticks));

    /// <summary>From the end of the collectors until every agent has everything stored.</summary>
    public TimeSpan Recovery { get; private set; }

    public async Task<bool> PlayAsync(string name, string truthFile, Func<Task<IStoreReader>> openStore)
    {
        Console.WriteLine($"{name}: {collectors.Length} collector{(collectors.Length == 1 ? "" : "s")}, {options.Agents} agents, {options.Bad:P0} of them misbehaving, seed {options.Seed}");
        double before = Megabytes;
        int bad = (int)(options.Agents * options.Bad);
        SimulatedAgent[] agents = [.. Enumerable.Range(0, options.Agents - bad).Select(NewAgent)];
        using var stop = new CancellationTokenSource();
        Task[] running =
        [
            .. agents.Select(agent => agent.RunAsync(stop.Token)),
            .. Enumerable.Range(0, bad).Select(i => new BadAgent(i, collectors[i % collectors.Length].Address, Source(options.Agents + i), new Random(options.Seed + (31 * i)), time).RunAsync(stop.Token)),
        ];

        Stopwatch watch = Stopwatch.StartNew();
        await UntilAsync(() => agents.All(static agent => agent.IsConnected));
        Print("connected", $"{agents.Length} streams after {watch.Elapsed.TotalSeconds:F1} s, spread over {_statistics.ConnectWithin:F0} s");

        TimeSpan processor = Processor;
        await Task.Delay(options.Idle, time);
        Print("idle", $"{Megabytes:F0} MiB of memory, {(Megabytes - before) * 1024 / agents.Length:F0} KiB a stream; {(Processor - processor).TotalSeconds / Math.Max(1, options.Idle.TotalSeconds):P0} of one core");

        await LoadAsync(agents);
        await RecoverAsync(agents);
        Print("most memory", $"{collectors.Sum(static collector => collector.MostMegabytes):F0} MiB since the restart");

        Truth.Write(truthFile, agents);
        await stop.CancelAsync();
        await Task.WhenAll(running).ContinueWith(static _ => { }, TaskScheduler.Default);
        Array.ForEach(collectors, static collector => collector.Stop());
        await using IStoreReader store = await openStore();
        IReadOnlyList<string> wrong = await Truth.CompareAsync(agents, store);
        Print("truth", wrong.Count == 0 ? $"all {agents.Sum(static agent => (long)agent.Acknowledged)} acknowledged alerts are stored, none twice, none that was not sent" : $"{wrong.Count} mistakes");
        foreach (string mistake in wrong.Take(20))
        {
            Console.WriteLine($"    {mistake}");
        }

        Console.WriteLine();
        return wrong.Count == 0;
    }

    private async Task LoadAsync(SimulatedAgent[] agents)
    {
        SimulatedAgent[] active = [.. agents.Take(options.Active)];
        Array.ForEach(active, agent => agent.BatchWanted = options.Batch);
        await Task.Delay(options.Load / 6, time); // until all are under way
        _statistics.TakeLatencies();
        (long records, TimeSpan processor, TimeSpan own, Stopwatch watch) =
            (_statistics.Records, Processor, Environment.CpuUsage.TotalTime, Stopwatch.StartNew());
        await Task.Delay(options.Load, time);
        double seconds = watch.Elapsed.TotalSeconds;
        (double median, double p99) = _statistics.TakeLatencies();
        Print(
            "load",
            $"{(_statistics.Records - records) / seconds:N0} alerts/s durable, {options.Active} agents at once, {options.Batch} alerts a batch; acknowledged after {median:F0} ms, 99 % within {p99:F0} ms; collector {(Processor - processor).TotalSeconds / seconds:P0}, fleet {(Environment.CpuUsage.TotalTime - own).TotalSeconds / seconds:P0} of one core; told to slow down {_statistics.Slow} times");
    }

    /// <summary>All collectors are killed while agents send, and started again at once.</summary>
    private async Task RecoverAsync(SimulatedAgent[] agents)
    {
        int[] before = [.. agents.Select(static agent => agent.Streams)];
        Stopwatch watch = Stopwatch.StartNew();
        Array.ForEach(collectors, static collector => collector.Restart());
        Array.ForEach(agents, static agent => agent.BatchWanted = 0);
        int Back() => agents.Zip(before).Count(static pair => pair.First.IsConnected && pair.First.Streams > pair.Second);
        await UntilAsync(() => Back() >= agents.Length * 99 / 100);
        double most = watch.Elapsed.TotalSeconds;
        await UntilAsync(() => Back() == agents.Length && agents.All(static agent => agent.Acknowledged == agent.Sent));
        Recovery = watch.Elapsed;
        Print("after kill -9", $"99 % of the streams are back after {most:F1} s, all with everything stored after {Recovery.TotalSeconds:F1} s");
    }

    private SimulatedAgent NewAgent(int number) => new(
        new SimulatedAlerts(options.Seed, number, time.GetUtcNow().AddHours(-1)), [.. collectors.Select(static collector => collector.Address)], Source(number), new Random((options.Seed * 7919) + number), _statistics, time);

    /// <summary>127.1.0.1 and on: a host each.</summary>
    private static IPAddress Source(int number) => new([127, (byte)(1 + (number / 62500)), (byte)(number / 250 % 250), (byte)(1 + (number % 250))]);

    private async Task UntilAsync(Func<bool> condition)
    {
        Stopwatch watch = Stopwatch.StartNew();
        while (!condition())
        {
            if (watch.Elapsed > TimeSpan.FromMinutes(5))
            {
                throw new TimeoutException("five minutes have passed");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100), time);
        }
    }

    private static void Print(string what, string result) => Console.WriteLine($"  {what,-14} {result}");
}
