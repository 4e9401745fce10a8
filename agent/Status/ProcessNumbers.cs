using System.Diagnostics;
using System.Globalization;

namespace Tallyman.Agent.Status;

/// <summary>What this process takes of its host.</summary>
/// <param name="MostDescriptors">That it may have.</param>
/// <param name="Started">When it began.</param>
public sealed record ProcessNumbers(TimeSpan Processor, long ResidentBytes, int Descriptors, ulong MostDescriptors, int Threads, DateTimeOffset Started)
{
    private const string DescriptorLimit = "Max open files"; // proc(5)

    public static ProcessNumbers Read()
    {
        using var self = Process.GetCurrentProcess();
        return new(
            self.TotalProcessorTime,
            self.WorkingSet64,
            Directory.EnumerateFileSystemEntries("/proc/self/fd").Count(),
            MostDescriptorsIn(File.ReadLines("/proc/self/limits")),
            self.Threads.Count,
            self.StartTime);
    }

    /// <param name="limits">Each with its name, and the soft limit before the hard one.</param>
    /// <returns>The greatest number if there is no limit.</returns>
    internal static ulong MostDescriptorsIn(IEnumerable<string> limits) =>
        limits.FirstOrDefault(static line => line.StartsWith(DescriptorLimit, StringComparison.Ordinal)) is string line
        && ulong.TryParse(line[DescriptorLimit.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault(), NumberStyles.None, CultureInfo.InvariantCulture, out ulong most)
            ? most
            : ulong.MaxValue;
}
