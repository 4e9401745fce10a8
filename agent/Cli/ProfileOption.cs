using System.CommandLine;
using Tallyman.Agent.Rules;

namespace Tallyman.Agent.Cli;

internal sealed class ProfileOption : Option<string>
{
    public ProfileOption()
        : base("--profile")
    {
        Description = "Which rules judge: default, or published for the two detections exactly as they are published";
        DefaultValueFactory = static _ => RuleSet.DefaultProfile;
        this.AcceptOnlyFromAmong([.. RuleSet.Profiles]);
    }
}
