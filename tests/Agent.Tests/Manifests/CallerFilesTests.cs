using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Tallyman.Agent.Manifests;
using Tallyman.Agent.Model;
using Tallyman.Agent.Native;
using Xunit;

namespace Tallyman.Agent.Tests.Manifests;

/// <summary>Real files, links, devices and users.</summary>
public sealed class CallerFilesTests : IDisposable
{
    private const uint Nobody = 65534;
    private const uint Other = 65533;

    private readonly TemporaryDirectory _directory = new();

    public CallerFilesTests() => File.SetUnixFileMode(_directory.Path, (UnixFileMode)0b111_101_101);

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("/pod.yaml")]
    [InlineData("pod.yaml")]
    [InlineData("/../../../pod.yaml")]
    [InlineData("/sub/../pod.yaml")]
    [InlineData("/link")]
    [InlineData("/absolute-link")]
    [InlineData("/climbing-link")]
    public void No_path_leads_out_of_the_root(string path)
    {
        Directory.CreateDirectory(_directory.File("sub"));
        File.WriteAllText(_directory.File("pod.yaml"), "inside");
        File.CreateSymbolicLink(_directory.File("link"), "pod.yaml");
        File.CreateSymbolicLink(_directory.File("absolute-link"), "/pod.yaml");
        File.CreateSymbolicLink(_directory.File("climbing-link"), "../../../../../../pod.yaml");
        Assert.Equal("inside", Read(path, _directory.Path));
    }

    [Theory]
    [InlineData("/etc/hostname")]
    [InlineData("../../../../../../etc/hostname")]
    [InlineData("/proc/self/root/etc/hostname")]
    public void A_link_to_a_file_of_the_host_leads_to_that_of_the_jail(string target)
    {
        Assert.True(File.Exists("/etc/hostname"));
        File.CreateSymbolicLink(_directory.File("pod.yaml"), target);
        Assert.Equal("Gone", Read("/pod.yaml", _directory.Path));

        Directory.CreateDirectory(_directory.File("etc"));
        File.WriteAllText(_directory.File("etc/hostname"), "the jail's");
        Assert.Equal(target.StartsWith("/proc", StringComparison.Ordinal) ? "Gone" : "the jail's", Read("/pod.yaml", _directory.Path));
    }

    [Theory]
    [InlineData("/proc/self/environ", "FileSystem")]
    [InlineData("/proc/self/exe", "NotRegular")]
    [InlineData("/proc/self/root/etc/hostname", "NotRegular")]
    [InlineData("/proc/self/fd/0", "NotRegular")]
    [InlineData("/proc/version", "FileSystem")]
    [InlineData("/dev/null", "NotRegular")]
    [InlineData("/dev/zero", "NotRegular")]
    [InlineData("/nowhere", "Gone")]
    [InlineData("/etc/hostname/x", "Gone")]
    public void What_is_no_file_of_a_disk_is_refused(string path, string reason) => Assert.Equal(reason, Read(path, "/"));

    [Fact]
    public void A_FIFO_is_not_even_opened()
    {
        string fifo = _directory.File("fifo");
        Assert.Equal(0, Programs.Run("mkfifo", fifo).ExitCode);
        using Process writer = Process.Start("sh", ["-c", $"echo for the real reader > {fifo}"]);
        while (!File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{writer.Id}/stat")).Contains(" S ", StringComparison.Ordinal))
        {
            Thread.Yield();
        }

        // The writer waits for a reader. Had it got one that went away again, its words would be lost.
        for (int i = 0; i < 1000; i++)
        {
            Assert.Equal("NotRegular", Read("/fifo", _directory.Path));
        }

        Assert.False(writer.HasExited);
        Assert.Equal("for the real reader\n", File.ReadAllText(fifo));
    }

    [Fact]
    public void A_socket_is_refused()
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(_directory.File("socket")));
        Assert.Equal("NotRegular", Read("/socket", _directory.Path));
    }

    [Fact]
    public void Paths_that_no_kernel_takes_are_refused()
    {
        Assert.Equal("Gone", Read("/" + new string('a', 5000), _directory.Path));
        Assert.Equal("Gone", Read("/a\0b", _directory.Path));
        Assert.Equal("Gone", Read("/" + string.Concat(Enumerable.Repeat("a/", 2000)), _directory.Path));
    }

    [Fact]
    public void A_huge_file_without_content_is_too_large()
    {
        using (FileStream file = File.Create(_directory.File("sparse")))
        {
            file.SetLength(1L << 40);
        }

        Assert.Equal("TooLarge", Read("/sparse", _directory.Path));
    }

    [Fact]
    public void A_file_that_is_written_to_while_it_is_read_is_not_believed()
    {
        const int Most = 1 << 20;
        string path = _directory.File("busy");
        File.WriteAllText(path, new string('x', Most));
        using var files = new CallerFiles(RootedFile.OpenRoot(_directory.Path)!, null);
        using SafeFileHandle opened = files.Open(Rooted("/busy")).File!;
        using var stop = new CancellationTokenSource();
        var writer = new Thread(() =>
        {
            using FileStream file = File.OpenWrite(path);
            for (int shorter = 0; !stop.IsCancellationRequested; shorter ^= 1)
            {
                file.SetLength(Most - shorter);
            }
        });
        writer.Start();
        try
        {
            // What it was at one moment, or the truth that it cannot be told.
            Unread reason;
            do
            {
                (byte[]? content, reason) = CallerFiles.Read(opened, Most);
                Assert.True(content is not null || reason == Unread.Changed, $"{reason}");
            }
            while (reason != Unread.Changed);
        }
        finally
        {
            stop.Cancel();
            writer.Join();
        }
    }

    [KernelFact]
    public void A_user_reads_what_he_may_and_nothing_else()
    {
        Write("mine", Nobody, 0, 0b100_000_000);
        Write("of-my-group", 0, 1234, 0b100_100_000);
        Write("of-my-first-group", 0, Nobody, 0b100_100_000);
        Write("of-all", 0, 0, 0b100_100_100);
        Write("of-another", Other, 0, 0b110_000_000);
        Write("not-mine-though-of-all", Nobody, 0, 0b000_100_100);
        Write("not-my-groups", 0, 1234, 0b100_000_100);
        string closed = Directory.CreateDirectory(_directory.File("closed")).FullName;
        File.WriteAllText(closed + "/of-all", "secret");
        File.SetUnixFileMode(closed, (UnixFileMode)0b111_000_000);

        var nobody = new CallerIdentity(Nobody, Nobody, [1234]);
        Assert.Equal("secret", Read("/mine", _directory.Path, nobody));
        Assert.Equal("secret", Read("/of-my-group", _directory.Path, nobody));
        Assert.Equal("secret", Read("/of-my-first-group", _directory.Path, nobody));
        Assert.Equal("secret", Read("/of-all", _directory.Path, nobody));
        Assert.Equal("NotAllowed", Read("/of-another", _directory.Path, nobody));
        Assert.Equal("NotAllowed", Read("/not-mine-though-of-all", _directory.Path, nobody));
        Assert.Equal("NotAllowed", Read("/not-my-groups", _directory.Path, nobody));
        Assert.Equal("NotAllowed", Read("/closed/of-all", _directory.Path, nobody));

        Assert.Equal("NotAllowed", Read("/of-my-group", _directory.Path, nobody with { Groups = [] }));
        Assert.Equal("secret", Read("/of-another", _directory.Path, new CallerIdentity(0, 0, [])));
        Assert.Equal("secret", Read("/of-another", _directory.Path, user: null));
    }

    [KernelFact]
    public void A_thread_has_its_own_rights_back_afterwards()
    {
        string before = OfThisThread();
        string within = "";
        Assert.True(ThreadCredentials.TryRunAs(Nobody, Other, [7, 8], () => within = OfThisThread()));

        Assert.Contains($"Uid:\t0\t0\t0\t{Nobody}\n", within, StringComparison.Ordinal);
        Assert.Contains($"Gid:\t0\t0\t0\t{Other}\n", within, StringComparison.Ordinal);
        Assert.Contains("Groups:\t7 8", within, StringComparison.Ordinal);
        Assert.NotEqual(before, within);
        Assert.Equal(before, OfThisThread());
        Assert.Throws<FormatException>(() => ThreadCredentials.TryRunAs(Nobody, Other, [], static () => throw new FormatException()));
        Assert.Equal(before, OfThisThread());

        static string OfThisThread() => string.Concat(File.ReadLines("/proc/thread-self/status")
            .Where(static line => line.StartsWith("Uid", StringComparison.Ordinal) || line.StartsWith("Gid", StringComparison.Ordinal)
                || line.StartsWith("Groups", StringComparison.Ordinal) || line.StartsWith("CapEff", StringComparison.Ordinal))
            .Select(static line => line + "\n"));
    }

    [Theory]
    [InlineData(Nobody, 0, 0b100_000_000, true)]
    [InlineData(Nobody, Nobody, 0b000_100_100, false)]
    [InlineData(0, Nobody, 0b000_100_000, true)]
    [InlineData(0, 1234, 0b000_100_000, true)]
    [InlineData(0, 1234, 0b100_000_100, false)]
    [InlineData(0, 0, 0b100_100_000, false)]
    [InlineData(0, 0, 0b000_000_100, true)]
    public void Without_the_right_to_be_somebody_else_permissions_are_read(uint uid, uint gid, uint mode, bool mayRead)
    {
        var file = new FileDetails(1, mode, uid, gid, 1, 0, 0, 0, 0);
        Assert.Equal(mayRead, new CallerIdentity(Nobody, Nobody, [1234]).MayRead(file));
        Assert.True(new CallerIdentity(0, 0, []).MayRead(file));
    }

    [Fact]
    public void Names_in_a_directory_come_sorted_and_as_they_are()
    {
        Directory.CreateDirectory(_directory.File("b"));
        File.WriteAllText(_directory.File("c"), "");
        Programs.Run("sh", "-c", $"touch {_directory.Path}/$(printf '\\377')");
        File.WriteAllText(_directory.File("a"), "");

        using var files = new CallerFiles(RootedFile.OpenRoot(_directory.Path)!, null);
        using SafeFileHandle opened = files.Open(Rooted("/")).File!;
        (IReadOnlyList<DirectoryEntry> entries, bool isCut) = CallerFiles.List(opened);

        Assert.False(isCut);
        Assert.Equal(["a False", "b True", "c False", "ff False"], entries.Select(static entry =>
            $"{(entry.Name.Span[0] == 0xff ? "ff" : Encoding.ASCII.GetString(entry.Name.Span))} {entry.IsDirectory}"));
        Programs.Run("sh", "-c", $"rm -r {_directory.Path}/*"); // .NET cannot name all of them
    }

    [Fact]
    public void Of_a_directory_with_very_many_names_some_are_left_out_and_that_is_said()
    {
        for (int i = 0; i < 4100; i++)
        {
            File.Create(_directory.File($"{i}")).Dispose();
        }

        using var files = new CallerFiles(RootedFile.OpenRoot(_directory.Path)!, null);
        using SafeFileHandle opened = files.Open(Rooted("/")).File!;
        Assert.True(CallerFiles.List(opened).IsCut);
    }

    internal static RootedPath Rooted(string path) => RootedPath.Of(path, RootedPath.Of(HostText.Of("/")))!.Value;

    /// <summary>The content, or the reason why there is none.</summary>
    private static string Read(string path, string root, CallerIdentity? user = null)
    {
        using var files = new CallerFiles(RootedFile.OpenRoot(root)!, user);
        Opened opened = files.Open(Rooted(path));
        using (opened.File)
        {
            if (opened.File is null)
            {
                return $"{opened.Reason}";
            }

            (byte[]? content, Unread reason) = CallerFiles.Read(opened.File, 1 << 20);
            return content is null ? $"{reason}" : Encoding.UTF8.GetString(content);
        }
    }

    private void Write(string name, uint uid, uint gid, int mode)
    {
        string path = _directory.File(name);
        File.WriteAllText(path, "secret");
        Assert.Equal(0, Programs.Run("chown", $"{uid}:{gid}", path).ExitCode);
        File.SetUnixFileMode(path, (UnixFileMode)mode);
    }
}
