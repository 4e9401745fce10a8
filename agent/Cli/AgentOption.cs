using System.CommandLine;
using Tallyman.Agent.Local;
using Tallyman.Cli;

namespace Tallyman.Agent.Cli;

/// <summary>Which of this host's agents is meant, by its state directory.</summary>
internal sealed class AgentOption : Option<string?>
{
    public AgentOption()
        : base("--state")
    {
        Description = "The state directory of the agent to ask, where that is not the one of systemd or of /var/lib/tallyman";
        HelpName = "DIR";
        Validators.Add(CommandLineProgram.NameMustNotBeEmpty);
    }

    public string SocketIn(ParseResult parsed) => LocalPaths.OfClient(parsed.GetValue(this), StateOption.Default);
}
