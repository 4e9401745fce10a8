using System.Diagnostics;

namespace Tallyman.Agent.Status;

/// <summary>What this process takes of its host.</summary>
/// <param name="Started">When it began.</param>
public sealed record ProcessNumbers(TimeSpan Processor, long ResidentBytes, int Descriptors, int Threads, DateTimeOffset Started)
{
    public static ProcessNumbers Read()
    {
        using var self = Process.GetCurrentProcess();
        return new(self.TotalProcessorTime, self.WorkingSet64, Directory.EnumerateFileSystemEntries("/proc/self/fd").Count(), self.Threads.Count, self.StartTime);
    }
}
