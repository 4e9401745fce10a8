using System.Diagnostics;
using System.Net.Sockets;
using Tallyman.Agent.Local;
using Tallyman.Cli;
using Xunit;

namespace Tallyman.Agent.Tests.Local;

public sealed class LocalSocketTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private string Path => _directory.File("tallyman.sock");

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("127.0.0.1:9760", "127.0.0.1:9760")]
    [InlineData("127.9.9.9:1", "127.9.9.9:1")]
    [InlineData("[::1]:9760", "[::1]:9760")]
    [InlineData("unix:/run/x.sock", "/run/x.sock")]
    [InlineData("unix:/run/../run/x.sock", "/run/x.sock")]
    public void Addresses_are_of_loopback_or_of_the_file_system(string text, string address) => Assert.Equal(address, ListenAddress.Parse(text).ToString());

    [Theory]
    [InlineData("")]
    [InlineData("9760")]
    [InlineData("127.0.0.1")]
    [InlineData("127.0.0.1:0")]
    [InlineData("127.0.0.1:99999")]
    [InlineData("0.0.0.0:9760")]
    [InlineData("[::]:9760")]
    [InlineData("192.0.2.1:9760")]
    [InlineData("localhost:9760")]
    [InlineData("unix:")]
    [InlineData("unix:relative")]
    [InlineData("unix:/and-one-more/a-path-of-far-more-than-one-hundred-and-seven-bytes/a-path-of-far-more-than-one-hundred-and-seven-bytes/x")]
    public void Other_addresses_are_refused(string text) => Assert.Throws<FormatException>(() => ListenAddress.Parse(text));

    [Fact]
    public void Only_owner_and_group_can_connect_and_the_file_goes_with_it()
    {
        using (LocalSocket socket = Open())
        {
            Assert.Equal((UnixFileMode)0b110_110_000, File.GetUnixFileMode(Path));
        }

        Assert.False(File.Exists(Path));
    }

    [Fact]
    public void What_a_killed_agent_left_is_replaced()
    {
        using (var killed = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            killed.Bind(new UnixDomainSocketEndPoint(Path));
            Programs.Run("cp", "--archive", Path, Path + ".kept"); // .NET removes its own
        }

        File.Move(Path + ".kept", Path);
        Assert.True(File.Exists(Path));
        using LocalSocket socket = Open();
        using var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        client.Connect(new UnixDomainSocketEndPoint(Path));
    }

    [Fact]
    public void What_a_running_agent_uses_is_not_taken_from_it()
    {
        using LocalSocket socket = Open();
        UserException refusal = Assert.Throws<UserException>(Open);
        Assert.Equal((ExitCode.Unavailable, $"another agent listens at {Path}: stop it, or give this one a directory of its own"), (refusal.ExitCode, refusal.Message));

        using var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        client.Connect(new UnixDomainSocketEndPoint(Path));
    }

    [Theory]
    [InlineData("file")]
    [InlineData("directory")]
    [InlineData("link")]
    [InlineData("dangling")]
    public void What_is_no_socket_stays(string kind)
    {
        string other = _directory.File("other");
        File.WriteAllText(other, "precious");
        _ = kind switch
        {
            "file" => Programs.Run("cp", other, Path),
            "directory" => Programs.Run("mkdir", Path),
            "link" => Programs.Run("ln", "-s", other, Path),
            _ => Programs.Run("ln", "-s", "/nowhere", Path),
        };

        Assert.Contains("is no socket", Assert.Throws<UserException>(Open).Message, StringComparison.Ordinal);
        Assert.Equal("precious", File.ReadAllText(other));
        Assert.True(new FileInfo(Path).LinkTarget is not null || System.IO.Path.Exists(Path));
    }

    [Fact]
    public void A_directory_that_is_not_there_is_a_failure_of_input_and_output() =>
        Assert.ThrowsAny<IOException>(() => LocalSocket.Open(ListenAddress.OfPath(_directory.File("none/tallyman.sock")), null));

    [Theory]
    [InlineData("adm", 4u)]
    [InlineData("17", 17u)]
    [InlineData("nobody-has-this", null)]
    [InlineData("broken", null)]
    [InlineData("", null)]
    [InlineData("-1", null)]
    public void Groups_are_given_by_name_or_number(string name, uint? number) =>
        Assert.Equal(number, Peers.GroupOf(name, ["root:x:0:", "adm:x:4:ann,bob", "broken:x:many:", "short", ""]));

    [KernelFact]
    public async Task Only_root_the_owner_and_the_group_may_ask()
    {
        const uint Group = 4711;
        await using var server = new SomeServer();
        Directory.CreateDirectory(_directory.File("open"));
        string path = _directory.File("open/socket");
        using LocalSocket socket = LocalSocket.Open(ListenAddress.OfPath(path), Group);
        Programs.Run("chmod", "-R", "a+rwx", _directory.Path); // so that it is not the file's mode that decides

        Assert.True(await IsAllowed("--reuid=0"));
        Assert.True(await IsAllowed("--reuid=65534", $"--regid={Group}", "--clear-groups"));
        Assert.True(await IsAllowed("--reuid=65534", "--regid=65534", $"--groups=1,{Group}"));
        Assert.False(await IsAllowed("--reuid=65534", "--regid=65534", "--groups=1,2"));
        Assert.True(new Peers(65534, null).Include(await AcceptAsync("--reuid=65534", "--regid=65534", "--clear-groups")));
        Assert.False(new Peers(0, null).Include(await AcceptAsync("--reuid=65534", $"--regid={Group}", "--clear-groups")));

        async Task<bool> IsAllowed(params string[] who) => socket.Peers!.Include(await AcceptAsync(who));

        async Task<Socket> AcceptAsync(params string[] who)
        {
            using Process client = Process.Start("setpriv", [.. who, "/usr/bin/python3", "-c", $"import socket; s = socket.socket(socket.AF_UNIX); s.connect('{path}'); s.recv(1)"]);
            return await socket.Listener.AcceptAsync();
        }
    }

    private LocalSocket Open() => LocalSocket.Open(ListenAddress.OfPath(Path), group: null);
}
