using System.Text;
using Tallyman.Agent.Model;

namespace Tallyman.Agent.CommandLines.Meanings;

/// <summary>--security-opt NAME=VALUE; where there is no '=', docker and podman read the older NAME:VALUE.</summary>
internal sealed class SecurityOptionMeaning(Tool tool) : Meaning
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
        separator = isOld && tool != Tool.Nerdctl ? text.IndexOf(':', StringComparison.Ordinal) : separator;
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
            case "seccomp" when value is not ("builtin" or "") && (value != "default" || tool != Tool.Nerdctl):
                reading.AddPath(FactKind.SeccompFile, value, arg);
                break;
            case "apparmor" when value == "unconfined":
                reading.Add(FactKind.NoApparmor, "", arg);
                break;
            case "label" when value is "disable" or "type:spc_t" && tool != Tool.Nerdctl:
                reading.Add(FactKind.NoSelinux, "", arg);
                break;
            case "systempaths" when value == "unconfined" && (!isOld || tool == Tool.Podman):
            case "unmask" when value.Length > 0 && tool == Tool.Podman:
                reading.Add(FactKind.UnmaskedPaths, "", arg);
                break;
            case "no-new-privileges" when Pflag.ParseBool(Encoding.UTF8.GetBytes(value)) == false:
                reading.Add(FactKind.NewPrivileges, "", arg);
                break;
        }
    }
}
