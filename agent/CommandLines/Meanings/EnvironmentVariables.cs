using Tallyman.Agent.Model;

namespace Tallyman.Agent.CommandLines.Meanings;

/// <summary>-e NAME=VALUE, or -e NAME for the caller's own value.</summary>
internal sealed class EnvironmentMeaning : Meaning
{
    public override void Read(Reading reading, FlagUse? use)
    {
        if (use is not FlagUse given)
        {
            return;
        }

        foreach (string text in Lists.Split(reading.Text(given), given.Flag.Repetition))
        {
            string name = text.Split('=', 2)[0];
            if (name.Length > 0)
            {
                reading.Add(FactKind.EnvironmentVariable, name, Reading.ArgOf(given));
            }
        }
    }
}

/// <summary>-u USER[:GROUP]: root by name or number.</summary>
internal sealed class UserMeaning : Meaning
{
    public override void Read(Reading reading, FlagUse? use)
    {
        if (use is FlagUse given && reading.Text(given).Split(':')[0] is "0" or "root")
        {
            reading.Add(FactKind.RootUser, "", Reading.ArgOf(given));
        }
    }
}
