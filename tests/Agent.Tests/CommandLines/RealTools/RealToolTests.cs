using System.Collections.Concurrent;
using Tallyman.Agent.Tests.CommandLines.Generated;
using Xunit;

namespace Tallyman.Agent.Tests.CommandLines.RealTools;

/// <summary>
/// The real tools as judges of the grammar and of the reader: command lines are made valid, or invalid in one place, and
/// all three must say so. TALLYMAN_TOOL_LINES says how many of each tool, TALLYMAN_SEED makes the same ones again.
/// </summary>
public class RealToolTests
{
    [Theory]
    [RealToolData("docker")]
    [RealToolData("kubectl")]
    [RealToolData("podman")]
    [RealToolData("ctr")]
    public void The_tool_accepts_what_the_reader_accepts_and_nothing_else(string name)
    {
        foreach (RealTool tool in RealTool.Find(name).Found)
        {
            var judgement = new Judgement(tool);
            var complaints = new ConcurrentBag<string>();
            InThreads(i =>
            {
                if (judgement.Judge(new Random(unchecked((Setting.Seed * 1_000_003) + i))) is string complaint)
                {
                    complaints.Add(complaint);
                }
            });

            Assert.True(complaints.IsEmpty, $"TALLYMAN_SEED={Setting.Seed}, {complaints.Count} of {Setting.ToolLines} lines, such as\n{string.Join('\n', complaints.Take(10))}");
            Assert.True(judgement.Told > Setting.ToolLines / 2, $"{tool.Path} found a value wrong in all but {judgement.Told} of {Setting.ToolLines} lines");
        }
    }

    /// <summary>Threads of their own: what waits for a program in threads of the pool leaves none to read what it writes.</summary>
    private static void InThreads(Action<int> judge)
    {
        int next = -1;
        Thread[] threads =
        [
            .. Enumerable.Range(0, Environment.ProcessorCount).Select(_ => new Thread(() =>
            {
                for (int i = Interlocked.Increment(ref next); i < Setting.ToolLines; i = Interlocked.Increment(ref next))
                {
                    judge(i);
                }
            })),
        ];
        Array.ForEach(threads, static thread => thread.Start());
        Array.ForEach(threads, static thread => thread.Join());
    }
}
