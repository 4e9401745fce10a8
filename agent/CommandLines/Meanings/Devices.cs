using Tallyman.Agent.Model;

namespace Tallyman.Agent.CommandLines.Meanings;

/// <summary>--device SOURCE[:DESTINATION][:PERMISSIONS], or a CDI name such as vendor/class=name.</summary>
internal sealed class DeviceMeaning(bool isList) : Meaning
{
    public override void Read(Reading reading, FlagUse? use)
    {
        if (use is not FlagUse given)
        {
            return;
        }

        string text = reading.Text(given);
        foreach (string device in isList ? text.Split(',') : [text])
        {
            string source = device.Split(':')[0];
            if (source.Length > 0)
            {
                reading.AddPath(FactKind.Device, HostPath.Clean(source), Reading.ArgOf(given));
            }
        }
    }
}
