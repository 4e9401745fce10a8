using System.Text;
using Tallyman.Agent.Actors;
using Xunit;

namespace Tallyman.Agent.Tests.Actors;

public sealed class HostUsersTests : IDisposable
{
    private readonly FakeHost _host = new();

    public void Dispose() => _host.Dispose();

    [Theory]
    [InlineData("root:x:0:0:root:/root:/bin/bash\nann:x:1000:1000:Ann,,,:/home/ann:/bin/sh\n", "ann")]
    [InlineData("ann:x:1000:1000::/:/bin/sh", "ann")]
    [InlineData("ann::1000:", "ann")]
    [InlineData("first:x:1000:1:::\nsecond:x:1000:1:::\n", "first")]
    [InlineData("\n\n#a:b\n:x:1000:1:::\nann:x:1000:1:::\n", "ann")]
    [InlineData("+::1000:\n-no:x:1000:1:::\nann:x:1000:1:::\n", "ann")]
    [InlineData("ann:1000:0:0:::", null)]
    [InlineData("ann:x:01000x:0:::", null)]
    [InlineData("ann:x:-1000:0:::", null)]
    [InlineData("ann:x:99999999999999999999:0:::", null)]
    [InlineData("ann:x:1000", null)]
    [InlineData("ann:x", null)]
    [InlineData("ann", null)]
    [InlineData("", null)]
    public void A_name_is_the_first_of_its_number(string passwd, string? name) =>
        Assert.Equal(name, HostUsers.Parse(Encoding.UTF8.GetBytes(passwd)).GetValueOrDefault(1000u));

    [Fact]
    public void Names_are_bounded_in_length_and_number()
    {
        var passwd = new StringBuilder();
        for (int i = 0; i < 70_000; i++)
        {
            passwd.Append($"user{i}:x:{i}:0:::\n");
        }

        passwd.Insert(0, new string('n', 257) + ":x:5:0:::\n");
        Dictionary<uint, string> names = HostUsers.Parse(Encoding.UTF8.GetBytes(passwd.ToString()));
        Assert.Equal((64 * 1024, "user5"), (names.Count, names[5]));
    }

    [Fact]
    public void They_are_read_anew_when_the_file_has_changed()
    {
        var users = new HostUsers(new HostFiles(_host.Proc), TimeProvider.System);
        Assert.Null(users.Get().Of(1000));
        Assert.Equal("the host's /etc/passwd cannot be read", users.Get().Missing(1000));

        _host.Write("/etc/passwd", "ann:x:1000:0:::\n");
        Assert.Equal("ann", users.Get().Of(1000));
        Assert.Equal("uid 1001 is not in /etc/passwd", users.Get().Missing(1001));

        _host.Write("/etc/passwd", "bob:x:1000:0:::\n");
        Assert.Equal("bob", users.Get().Of(1000));
    }

    [Fact]
    public void A_link_does_not_leave_the_host_and_what_is_no_file_is_not_opened()
    {
        var files = new HostFiles(_host.Proc);
        _host.Write("/etc/real", "ann:x:1000:0:::\n");
        File.CreateSymbolicLink(_host.PathOf("/etc/passwd"), "/../../etc/real");
        Assert.Equal("ann", new HostUsers(files, TimeProvider.System).Get().Of(1000));

        File.Delete(_host.PathOf("/etc/passwd"));
        Programs.Run("mkfifo", _host.PathOf("/etc/passwd"));
        Assert.Null(new HostUsers(files, TimeProvider.System).Get().Of(1000));
    }

    [Theory]
    [InlineData("27 1 254:0 / / rw - ext4 /dev/vda rw", "99 1 254:0 / / ro - ext4 /dev/vda ro", true)]
    [InlineData("27 1 254:0 / / rw - ext4 /dev/vda rw", "27 1 0:57 / / rw - overlay overlay rw", false)]
    [InlineData("27 1 254:0 / / rw - ext4 /dev/vda rw", "27 1 254:0 /jail / rw - ext4 /dev/vda rw", false)]
    [InlineData("1 1 0:1 / / rw - rootfs rootfs rw\n27 1 254:0 / / rw - ext4 /dev/vda rw", "27 1 254:0 / / rw - ext4 /dev/vda rw", true)]
    [InlineData("", "", false)]
    public void Where_the_first_process_may_not_be_looked_into_the_agents_root_does_if_it_is_the_same(string ofInit, string own, bool isSame)
    {
        File.Delete(_host.ProcFile(1, "root"));
        File.CreateSymbolicLink(_host.ProcFile(FakeHost.Own, "root"), _host.PathOf(""));
        _host.ProcText(1, "mountinfo", ofInit);
        _host.ProcText(FakeHost.Own, "mountinfo", own);
        _host.Write("/etc/passwd", "ann:x:1000:0:::\n");

        Assert.Equal(isSame ? "ann" : null, new HostUsers(new HostFiles(_host.Proc), TimeProvider.System).Get().Of(1000));
    }
}
