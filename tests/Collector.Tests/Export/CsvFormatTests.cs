using System.Text;
using Tallyman.Collector.Export;
using Xunit;

namespace Tallyman.Collector.Tests.Export;

public class CsvFormatTests
{
    [Theory]
    [InlineData("plain", "plain")]
    [InlineData(null, "")]
    [InlineData(5ul, "5")]
    [InlineData(true, "true")]
    [InlineData("a,b", "\"a,b\"")]
    [InlineData("say \"hi\"", "\"say \"\"hi\"\"\"")]
    [InlineData("=1+1", "'=1+1")]
    [InlineData("+1", "'+1")]
    [InlineData("-1", "'-1")]
    [InlineData("@SUM(A1)", "'@SUM(A1)")]
    [InlineData("=HYPERLINK(\"http://x\",\"y\")", "\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\"")]
    [InlineData("＝1+1", "'＝1+1")]
    [InlineData("'quoted'", "''quoted'")]
    [InlineData("a;=1+1", "\"a;=1+1\"")]
    [InlineData("\t=1", "\\x09=1")]
    [InlineData("\r=1", "\\x0d=1")]
    [InlineData("\n=1", "\\x0a=1")]
    [InlineData("-", "'-")]
    [InlineData(@"$'\xff'", @"$'\xff'")]
    public void A_cell_is_harmless(object? value, string cell) => Assert.Equal(cell + "\r", CsvFormat.Row([value]));

    [Fact]
    public void Random_cells_are_read_as_they_were_and_begin_no_formula()
    {
        int seed = Faults.Seed;
        var random = new Random(seed);
        for (int i = 0; i < 2000; i++)
        {
            string[] words = [.. Enumerable.Range(0, 1 + random.Next(4)).Select(_ => Word(random))];
            List<string> cells = Read(CsvFormat.Row(words));
            Assert.All(cells, cell => Assert.DoesNotContain(cell.FirstOrDefault(), "=+-@\t\r\n"));
            Assert.Equal(words, cells.Select(static cell => cell.StartsWith('\'') ? cell[1..] : cell));
        }
    }

    [Fact]
    public void Rows_have_as_many_cells_as_there_are_names()
    {
        Assert.Equal(Read(CsvFormat.AlertNames).Count, Read(CsvFormat.Write(Some.Alert())).Count);
        Assert.Equal(Read(CsvFormat.AlertNames).Count, Read(CsvFormat.Write(Some.BareAlert())).Count);
        Assert.Equal(Read(CsvFormat.GapNames).Count, Read(CsvFormat.Write(Some.Gap)).Count);
        Assert.Equal(["agent-17", "host_silent", "2026-03-02T10:42:17.123456Z", "2026-03-02T10:47:17.123456Z", "2", "'=cmd"], Read(CsvFormat.Write(Some.Finding)));
    }

    private static string Word(Random random) => string.Concat(Enumerable.Range(0, random.Next(6)).Select(_ => "=+-@'\",; ab"[random.Next(11)]));

    /// <summary>RFC 4180, 2.</summary>
    private static List<string> Read(string row)
    {
        var cells = new List<string>();
        var cell = new StringBuilder();
        bool isQuoted = false;
        for (int i = 0; row[i] != '\r' || isQuoted; i++)
        {
            if (row[i] == '"' && isQuoted && row[i + 1] == '"')
            {
                cell.Append(row[i++]);
            }
            else if (row[i] == '"')
            {
                isQuoted = !isQuoted;
            }
            else if (row[i] == ',' && !isQuoted)
            {
                cells.Add(cell.ToString());
                cell.Clear();
            }
            else
            {
                cell.Append(row[i]);
            }
        }

        cells.Add(cell.ToString());
        return cells;
    }
}
