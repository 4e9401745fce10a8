using Tallyman.Agent.Model;

namespace Tallyman.Agent.CommandLines.Meanings;

/// <summary>--security-opt of docker: NAME=VALUE, or the older NAME:VALUE where there is no '='.</summary>
internal sealed class DockerSecurityOptionMeaning : Meaning
{
    public override void Read(Reading reading, FlagUse? use)
    {
        if (use is not FlagUse given)
        {
            return;
        }

        string text = reading.Text(given);
        int arg = Reading.ArgOf(given);
        int separator = text.IndexOf('=', StringComparison.Ordinal);
        bool isOld = separator < 0;
        separator = isOld ? text.IndexOf(':', StringComparison.Ordinal) : separator;
        if (separator < 0)
        {
            return;
        }

        string value = text[(separator + 1)..];
        switch (text[..separator])
        {
            case "seccomp" when value == "unconfined":
                reading.Add(FactKind.NoSeccomp, "", arg);
                break;
            case "seccomp" when value is not ("builtin" or ""):
                reading.AddPath(FactKind.SeccompFile, value, arg);
                break;
            case "apparmor" when value == "unconfined":
                reading.Add(FactKind.NoApparmor, "", arg);
                break;
            case "label" when value is "disable" or "type:spc_t":
                reading.Add(FactKind.NoSelinux, "", arg);
                break;
            case "systempaths" when value == "unconfined" && !isOld:
                reading.Add(FactKind.UnmaskedPaths, "", arg);
                break;
        }
    }
}
