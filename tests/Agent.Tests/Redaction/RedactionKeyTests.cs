using Tallyman.Agent.Redaction;
using Tallyman.Cli;
using Xunit;

namespace Tallyman.Agent.Tests.Redaction;

public sealed class RedactionKeyTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private string KeyFile => Path.Combine(State, RedactionKey.FileName);

    private string State => _directory.File("state");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void It_is_made_once_for_its_owner_alone_and_read_from_then_on()
    {
        Assert.Null(RedactionKey.TryLoad(State));
        SecretHash first = RedactionKey.LoadOrCreate(State, out string? failure);
        Assert.Null(failure);
        Assert.Equal(32, new FileInfo(KeyFile).Length);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(KeyFile));
        Assert.Equal([KeyFile], Directory.GetFiles(State));

        Assert.Equal(first.Of("x"u8), RedactionKey.LoadOrCreate(State, out _).Of("x"u8));
        Assert.Equal(first.Of("x"u8), RedactionKey.TryLoad(State)!.Of("x"u8));
        Assert.NotEqual(first.Of("x"u8), RedactionKey.LoadOrCreate(_directory.File("other"), out _).Of("x"u8));
    }

    [Fact]
    public async Task Of_many_that_make_it_at_once_all_have_the_same()
    {
        string[] hashes = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(() => RedactionKey.LoadOrCreate(State, out string? _).Of("x"u8))));
        Assert.Single(hashes.Distinct());
        Assert.Equal([KeyFile], Directory.GetFiles(State));
    }

    [Theory]
    [InlineData("640", 32, "mode 640")]
    [InlineData("604", 32, "mode 604")]
    [InlineData("600", 31, "has 31")]
    [InlineData("600", 0, "has 0")]
    public void One_that_others_may_read_or_that_is_none_is_refused(string mode, int length, string message)
    {
        Directory.CreateDirectory(State);
        File.WriteAllBytes(KeyFile, new byte[length]);
        File.SetUnixFileMode(KeyFile, (UnixFileMode)Convert.ToInt32(mode, 8));

        UserException e = Assert.Throws<UserException>(() => RedactionKey.LoadOrCreate(State, out _));
        Assert.Equal(ExitCode.Configuration, e.ExitCode);
        Assert.Contains(message, e.Message, StringComparison.Ordinal);
        Assert.Throws<UserException>(() => RedactionKey.TryLoad(State));
    }

    [Fact]
    public void A_link_is_refused()
    {
        RedactionKey.LoadOrCreate(_directory.File("other"), out _);
        Directory.CreateDirectory(State);
        File.CreateSymbolicLink(KeyFile, Path.Combine(_directory.File("other"), RedactionKey.FileName));
        Assert.Contains("is a link", Assert.Throws<UserException>(() => RedactionKey.LoadOrCreate(State, out _)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Where_none_can_be_kept_there_is_one_for_the_process_and_a_reason()
    {
        File.WriteAllText(State, "a file");
        SecretHash one = RedactionKey.LoadOrCreate(State, out string? failure);
        Assert.NotNull(failure);
        Assert.NotEqual(one.Of("x"u8), RedactionKey.LoadOrCreate(State, out _).Of("x"u8));
    }
}
