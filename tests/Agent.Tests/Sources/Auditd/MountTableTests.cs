using System.Text;
using Tallyman.Agent.Sources.Auditd;
using Xunit;

namespace Tallyman.Agent.Tests.Sources.Auditd;

public class MountTableTests
{
    private const string Mounts = """
        22 1 254:0 / / rw,relatime - ext4 /dev/root rw
        36 22 0:32 / /mnt/a\040-\040b rw,noatime master:1 - fuse.sshfs host:/ rw
        37 22 0:33 / /mnt/nfs rw shared:2 master:1 propagate_from:3 - nfs4 host:/ rw
        half a line

        """;

    [Theory]
    [InlineData("fe:00", "ext4", false)]
    [InlineData("00:20", "fuse.sshfs", true)]
    [InlineData("00:21", "nfs4", true)]
    [InlineData("00:22", null, false)]
    [InlineData("", null, false)]
    [InlineData("fe", null, false)]
    [InlineData("fe:00:00", null, false)]
    [InlineData("xx:yy", null, false)]
    public void A_device_has_the_type_of_what_is_mounted_from_it(string device, string? type, bool mayNeverAnswer)
    {
        Assert.Equal(type, MountTable.TypeOf(Encoding.ASCII.GetBytes(Mounts), device));
        Assert.Equal(mayNeverAnswer, type is not null && MountTable.MayNeverAnswer(type));
    }
}
