using Tallyman.Agent.Model;

namespace Tallyman.Agent.CommandLines.Meanings;

/// <summary>--overrides, --recursive and the like: for whoever reads the manifests.</summary>
internal sealed class ManifestOptionMeaning : Meaning
{
    public override void Read(Reading reading, FlagUse? use)
    {
        if (use is not FlagUse given || (given.Flag.Value == FlagValue.Switch && !reading.IsOn(given)))
        {
            return;
        }

        ReadOnlyMemory<byte> value = given.HasValue ? reading.Line.Argv.Memory(given.ValueArg)[given.ValueStart..] : default;
        reading.ManifestOptions.Add(new ManifestOption(given.Flag.Long, new HostText(value), Reading.ArgOf(given)));
    }
}
