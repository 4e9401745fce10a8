using System.Buffers.Binary;
using System.Net;
using System.Text;
using Tallyman.Agent.Actors;
using Tallyman.Agent.Model;
using Xunit;

namespace Tallyman.Agent.Tests.Actors;

public class UtmpTests
{
    [Theory]
    [InlineData("pts0", "pts/0", "192.0.2.7")]
    [InlineData("pts12", "pts/12", "2001:db8::7")]
    [InlineData("tty1", "tty1", "")]
    public void A_record_of_the_terminal_and_of_an_ancestor_tells_where_the_login_came_from(string tty, string line, string address) =>
        Assert.Equal(
            new Login("", "ann", address, "utmp"),
            Utmp.Find((byte[])[.. Record(2, 1, "~", "reboot", ""), .. Record(7, 900, line, "ann", address)], HostText.Of(tty), [4200, 900]));

    [Fact]
    public void Records_that_have_ended_or_are_of_another_terminal_or_an_earlier_session_do_not()
    {
        byte[] records = [.. Record(8, 900, "pts/0", "dead", "192.0.2.1"), .. Record(7, 900, "pts/1", "other", "192.0.2.2"), .. Record(7, 77, "pts/0", "earlier", "192.0.2.3")];
        Assert.Null(Utmp.Find(records, HostText.Of("pts0"), [4200, 900]));
    }

    [Fact]
    public void A_part_of_a_record_is_none()
    {
        byte[] record = Record(7, 900, "pts/0", "ann", "192.0.2.7");
        Assert.NotNull(Utmp.Find(record, HostText.Of("pts0"), [900]));
        Assert.Null(Utmp.Find(record.AsSpan(1), HostText.Of("pts0"), [900]));
        Assert.Null(Utmp.Find(record, default, [900]));
    }

    internal static byte[] Record(short type, uint pid, string line, string user, string address)
    {
        byte[] record = new byte[Utmp.RecordLength];
        BinaryPrimitives.WriteInt16LittleEndian(record, type);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(4), pid);
        Encoding.UTF8.GetBytes(line, record.AsSpan(8));
        Encoding.UTF8.GetBytes(user, record.AsSpan(44));
        Encoding.UTF8.GetBytes("a-name-that-anyone-may-write", record.AsSpan(76));
        if (address.Length > 0)
        {
            IPAddress.Parse(address).TryWriteBytes(record.AsSpan(Utmp.AddressOffset), out _);
        }

        return record;
    }
}
