using System.CommandLine;
using Tallyman.Agent.Configuration;
using Tallyman.Agent.Rules;

namespace Tallyman.Agent.Cli;

internal sealed class ProfileOption : Option<string>
{
    public ProfileOption()
        : base("--profile")
    {
        Description = Settings.Profile.Sentence;
        DefaultValueFactory = static _ => RuleSet.DefaultProfile;
        this.AcceptOnlyFromAmong([.. RuleSet.Profiles]);
    }
}
