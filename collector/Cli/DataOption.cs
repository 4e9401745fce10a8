using System.CommandLine;

namespace Tallyman.Collector.Cli;

internal sealed class DataOption : Option<string>
{
    public DataOption()
        : base("--data")
    {
        Description = "The directory of the store";
        HelpName = "DIR";
        DefaultValueFactory = static _ => "/var/lib/tallyman-collector";
    }
}
