using System.Diagnostics;
using System.Text;
using Tallyman.Agent.Model;
using Xunit;

namespace Tallyman.Agent.Tests.Sources.Ebpf;

/// <summary>Arguments of every length and content, on their way from the kernel.</summary>
public sealed class EbpfArgumentsTests : EbpfExecFixture
{
    [KernelFact]
    public async Task Arguments_may_be_any_bytes_none_or_a_hundred_thousand()
    {
        string docker = CopyOfTrue("docker");
        byte[] all = [.. Enumerable.Range(1, 255).Select(static b => (byte)b)];
        Start();

        Run(Programs.Launch, "hex", docker, Convert.ToHexString(all), "", "6d61726b");
        Run(Programs.Launch, "empty", docker);
        Run(Programs.Launch, "many", "100000", docker, "a-hundred-thousand", "--", "end-of-many");

        ExecEvent bytes = await EventOfAsync(exec => Words(exec).Contains("mark"));
        Assert.Equal(all, bytes.Argv[1].ToArray());
        Assert.Equal(0, bytes.Argv[2].Length);

        // Since Linux 5.18 a program without arguments gets an empty one.
        ExecEvent empty = await EventOfAsync(exec => exec.Argv.Count == 0 || (exec.Argv.Count == 1 && exec.Argv[0].IsEmpty));
        Assert.Equal((uint)empty.Argv.Count, empty.Argc);

        ExecEvent many = await EventOfAsync(exec => exec.Argv.Count > 1000);
        Assert.Equal(100_003, many.Argv.Count);
        Assert.Equal(0, many.MissingBytes);
        Assert.Equal("end-of-many", Encoding.UTF8.GetString(many.Argv[100_002]));
    }

    [KernelFact]
    public async Task Long_arguments_come_whole_up_to_two_megabytes()
    {
        string docker = CopyOfTrue("docker");
        Start();

        Run(Programs.Launch, "big", "12", "120000", docker, "run", "--", "--privileged");

        ExecEvent exec = await EventOfAsync(exec => exec.Argv.Length > 1_000_000);
        Assert.Equal(2 + 24 + 1, exec.Argv.Count);
        Assert.Equal(0, exec.MissingBytes);
        Assert.Equal("--privileged", Words(exec)[^1]);
        Assert.All(Enumerable.Range(0, 12), i => Assert.Equal(120_000, exec.Argv[3 + (2 * i)].Length));
    }

    [KernelFact]
    public async Task Of_longer_ones_head_and_tail_come_and_what_is_missing_is_said()
    {
        string docker = CopyOfTrue("docker");
        Start();

        Run(Programs.Launch, "big", "40", "125000", docker, "run", "--", "--privileged");

        ExecEvent exec = await EventOfAsync(exec => exec.Argv.Length > 1_000_000);
        const long Length = 40L * (8 + 125_001); // "--label" and the text, each with its NUL
        Assert.InRange(exec.Argv.Length + exec.MissingBytes, Length, Length + 1000);
        Assert.Equal(2u + 80 + 1, exec.Argc);
        Assert.Equal(docker, Words(exec)[0]);
        Assert.Equal("--privileged", Words(exec)[^1]);
        // Where the process has not ended yet, it tells the rest itself.
        Assert.True(exec.MissingBytes == 0 || exec.Argv.Length == 2 * 1024 * 1024, $"{exec.MissingBytes} bytes are missing");
    }

    [KernelFact]
    public async Task Chunks_of_two_processors_are_put_together_each_with_its_own()
    {
        const int Executions = 60;
        const int Size = 90_000;
        string docker = CopyOfTrue("docker");
        Start();

        Process[] storms = [.. new[] { "one", "two" }.Select(name =>
            Process.Start(Programs.Launch, ["storm", $"{Executions}", $"{Size}", docker, "storm-" + name]))];
        foreach (Process storm in storms)
        {
            await storm.WaitForExitAsync();
            storm.Dispose();
        }

        Stop();
        ExecEvent[] events = [.. Seen.Where(static exec => Words(exec) is [_, "storm-one" or "storm-two", ..])];
        Assert.Equal(2 * Executions, events.Length + (int)KernelCount("lost_watched"));
        Assert.Equal(events.Any(static exec => exec.MissingBytes > 0), KernelCount("lost_chunks") > 0);
        ExecEvent[] whole = [.. events.Where(static exec => exec.MissingBytes == 0)];
        Assert.NotEmpty(whole);
        Assert.Equal(whole.Length, whole.Select(static exec => string.Join(' ', Words(exec))).Distinct().Count());
        Assert.All(whole, static exec =>
        {
            string text = Words(exec)[2];
            string number = text[..text.IndexOf('.', StringComparison.Ordinal)];
            Assert.Equal(number + "." + new string('x', Size - number.Length - 1), text);
        });
    }
}
