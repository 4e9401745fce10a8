using System.CommandLine;
using Tallyman.Cli;

namespace Tallyman.Agent.Cli;

internal sealed class StateOption : Option<string>
{
    public const string Default = "/var/lib/tallyman";

    public StateOption()
        : base("--state")
    {
        Description = "The directory where the agent keeps what outlives it: the spool of what is not delivered yet, the key of redaction, how far auditd's log is read";
        HelpName = "DIR";
        DefaultValueFactory = static _ => Default;
        Validators.Add(CommandLineProgram.NameMustNotBeEmpty);
    }
}
