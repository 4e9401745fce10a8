using Tallyman.Collector.Ingest;
using Xunit;

namespace Tallyman.Collector.Tests.Ingest;

public class ColumnTests
{
    [Theory]
    [InlineData("short", 5)]
    [InlineData("a\0b", 3)]
    public void Text_that_fits_stays_but_for_NUL(string text, int length) => Assert.Equal((length, false), (BatchReader.Column(text).Length, BatchReader.Column(text).Contains('\0', StringComparison.Ordinal)));

    [Fact]
    public void Text_is_never_cut_within_a_character()
    {
        string column = BatchReader.Column(new string('a', 255) + "😀");
        Assert.Equal(new string('a', 255), column);
        Assert.Equal(256, BatchReader.Column(new string('a', 254) + "😀 and more").Length);
    }
}
