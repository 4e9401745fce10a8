using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Tallyman.Agent.Spool;

namespace Tallyman.Agent.Cli;

/// <summary><c>--spool-size 256MiB</c>, in bytes.</summary>
internal sealed class SpoolSizeOption : Option<long>
{
    private const long MiB = 1024 * 1024;
    private const long Most = 1024 * 1024 * MiB;

    public SpoolSizeOption()
        : base("--spool-size")
    {
        Description = "Disk space for what is not delivered yet: 16MiB to 1TiB; MiB, GiB and TiB are understood";
        HelpName = "SIZE";
        DefaultValueFactory = static _ => SpoolOptions.DefaultSize;
        CustomParser = Parse;
    }

    private static long Parse(ArgumentResult result)
    {
        string text = result.Tokens[0].Value;
        long unit = text.Length > 3 ? text[^3..] switch { "MiB" => MiB, "GiB" => 1024 * MiB, "TiB" => Most, _ => 0 } : 0;
        if (unit > 0 && long.TryParse(text.AsSpan(0, text.Length - 3), NumberStyles.None, CultureInfo.InvariantCulture, out long count)
            && count <= Most / unit && count * unit >= SpoolOptions.LeastSize)
        {
            return count * unit;
        }

        result.AddError($"--spool-size must be 16MiB to 1TiB, like 256MiB, is '{text}'");
        return 0;
    }
}
