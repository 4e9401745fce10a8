using Tallyman.Agent.Model;

namespace Tallyman.Agent.CommandLines.Meanings;

/// <summary>bake's --set TARGET.KEY=VALUE, or +=, which changes what the file says of a build.</summary>
internal sealed class BakeSetMeaning : Meaning
{
    public override void Read(Reading reading, FlagUse? use)
    {
        if (use is not FlagUse given || reading.Text(given).Split('=', 2) is not [string name, string value])
        {
            return;
        }

        switch (name.TrimEnd('+').Split('.', 2) is [_, string key] ? key : "", value)
        {
            case ("entitlements", "security.insecure"):
                reading.Add(FactKind.Privileged, "", Reading.ArgOf(given));
                break;
            case ("entitlements", "network.host") or ("network", "host"):
                reading.Add(FactKind.HostNet, "", Reading.ArgOf(given));
                break;
        }
    }
}
