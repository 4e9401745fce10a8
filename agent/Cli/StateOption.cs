using System.CommandLine;
using Tallyman.Agent.Configuration;
using Tallyman.Cli;

namespace Tallyman.Agent.Cli;

internal sealed class StateOption : Option<string>
{
    public static string Default { get; } = Settings.State.Default!;

    public StateOption()
        : base("--state")
    {
        Description = Settings.State.Sentence;
        HelpName = Settings.State.ValueName;
        DefaultValueFactory = static _ => Default;
        Validators.Add(CommandLineProgram.NameMustNotBeEmpty);
    }
}
