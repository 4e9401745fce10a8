using Tallyman.Agent.Model;

namespace Tallyman.Agent.CommandLines.Meanings;

/// <summary>--overrides, --recursive and the like, and positionals that choose from a manifest: for whoever reads those.</summary>
internal sealed class ManifestOptionMeaning(bool andFollowing) : Meaning
{
    public override void Read(Reading reading, FlagUse? use)
    {
        if (use is null)
        {
            foreach (int arg in andFollowing ? reading.Line.Positionals : reading.Line.Positionals.Take(1))
            {
                reading.ManifestOptions.Add(new ManifestOption("", new HostText(reading.Line.Argv.Memory(arg)), arg));
            }
        }

        if (use is not FlagUse given || (given.Flag.Value == FlagValue.Switch && !reading.IsOn(given)))
        {
            return;
        }

        ReadOnlyMemory<byte> value = given.HasValue ? reading.Line.Argv.Memory(given.ValueArg)[given.ValueStart..] : default;
        reading.ManifestOptions.Add(new ManifestOption(given.Flag.Long, new HostText(value), Reading.ArgOf(given)));
    }
}
