using System.Runtime.InteropServices;
using Tallyman.Agent.Sources.Ebpf;
using Xunit;

namespace Tallyman.Agent.Tests.Sources.Ebpf;

public class ExecAssemblerTests
{
    private readonly ExecAssembler _assembler = new();

    [Fact]
    public void Pieces_of_several_executions_find_their_own()
    {
        Assert.Null(_assembler.Add(Chunk(1, 0, 6, "abc")));
        Assert.Null(_assembler.Add(Chunk(2, 0, 6, "ABC")));
        Assert.Null(_assembler.Add(Chunk(2, 3, 6, "DEF")));
        Assert.Null(_assembler.Add(Chunk(1, 3, 6, "def")));

        Assert.Equal("ABCDEF"u8, _assembler.Add(Head(2))!.Argv.Join().Span);
        Assert.Equal("abcdef"u8, _assembler.Add(Head(1))!.Argv.Join().Span);
    }

    [Fact]
    public void What_is_missing_is_not_filled_in()
    {
        _assembler.Add(Chunk(1, 0, 9, "abc"));
        _assembler.Add(Chunk(1, 6, 9, "ghi"));
        RawExec exec = _assembler.Add(Head(1))!;

        Assert.Equal("abcghi"u8, exec.Argv.Join().Span);
        Assert.True(exec.Argv.IsPartOf("abcdefghi"u8));
        Assert.False(exec.Argv.IsPartOf("abcdefgh!"u8));
        Assert.False(exec.Argv.IsPartOf("abcghi"u8));
    }

    [Fact]
    public void Of_a_very_long_argv_the_two_ends_are_kept()
    {
        const int Total = 5_000_000;
        byte[] whole = new byte[Total];
        new Random(1).NextBytes(whole);
        for (int offset = 0; offset < ExecSizes.ArgvEnd; offset += ExecSizes.Chunk)
        {
            _assembler.Add(Chunk(1, offset, Total, whole.AsSpan(offset, ExecSizes.Chunk)));
            int fromEnd = Total - ExecSizes.ArgvEnd + offset;
            _assembler.Add(Chunk(1, fromEnd, Total, whole.AsSpan(fromEnd, ExecSizes.Chunk)));
        }

        RawExec exec = _assembler.Add(Head(1))!;
        Assert.Equal(ExecSizes.ArgvWhole, exec.Argv.Length);
        Assert.True(exec.Argv.IsPartOf(whole));
        Assert.Equal(whole.AsSpan(0, ExecSizes.ArgvEnd), exec.Argv.Join().Span[..ExecSizes.ArgvEnd]);
        Assert.Equal(whole.AsSpan(Total - ExecSizes.ArgvEnd), exec.Argv.Join().Span[ExecSizes.ArgvEnd..]);
    }

    [Fact]
    public void Pieces_whose_head_never_comes_are_given_up_and_counted()
    {
        for (uint i = 0; i < 40; i++)
        {
            _assembler.Add(Chunk(i, 0, ExecSizes.ArgvWhole, "abc"));
        }

        Assert.InRange(_assembler.Headless, 20u, 30u); // 16 of two megabytes each may wait
        Assert.Equal(3, _assembler.Add(Head(39))!.Argv.Length);
        Assert.Equal(0, _assembler.Add(Head(0))!.Argv.Length);
    }

    [Fact]
    public void Any_bytes_are_a_record_or_are_counted()
    {
        int seed = Environment.TickCount;
        var random = new Random(seed);
        for (int i = 0; i < 20_000; i++)
        {
            byte[] record = random.Next(3) switch { 0 => Chunk(1, random.Next(100), random.Next(100), "abc"), 1 => Head(1), _ => new byte[random.Next(400)] };
            for (int n = random.Next(6); n > 0 && record.Length > 0; n--)
            {
                record[random.Next(record.Length)] = (byte)random.Next(256);
            }

            try
            {
                _assembler.Add(record.AsSpan(0, random.Next(record.Length + 1)));
            }
            catch (Exception e)
            {
                Assert.Fail($"seed {seed}, round {i}: {Convert.ToHexString(record)} {e}");
            }
        }

        Assert.True(_assembler.Malformed > 0);
    }

    private static byte[] Head(uint tgid)
    {
        var head = new ExecHead { Record = ExecRecord.Head, Key = new RawExecKey(tgid, 0, 5, 1), Filename = 2 };
        return [.. MemoryMarshal.AsBytes([head]), (byte)'x', 0];
    }

    private static byte[] Chunk(uint tgid, long offset, long total, string data) => Chunk(tgid, offset, total, System.Text.Encoding.ASCII.GetBytes(data));

    private static byte[] Chunk(uint tgid, long offset, long total, ReadOnlySpan<byte> data)
    {
        var chunk = new ExecChunk
        {
            Record = ExecRecord.Chunk,
            Stream = ExecStream.Argv,
            Length = (uint)data.Length,
            Offset = (ulong)offset,
            Total = (ulong)total,
            Key = new RawExecKey(tgid, 0, 5, 1),
        };
        return [.. MemoryMarshal.AsBytes([chunk]), .. data];
    }
}
