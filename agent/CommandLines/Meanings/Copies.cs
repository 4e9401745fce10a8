using Tallyman.Agent.Model;

namespace Tallyman.Agent.CommandLines.Meanings;

/// <summary>cp SOURCE DESTINATION, where one side is CONTAINER:PATH and the other a file of the host.</summary>
internal sealed class CopyMeaning : Meaning
{
    public override void Read(Reading reading, FlagUse? use)
    {
        int source = reading.Positional(0);
        int destination = reading.Positional(1);
        if (source < 0 || destination < 0)
        {
            return;
        }

        string from = reading.Line.Text(source);
        string to = reading.Line.Text(destination);
        if (IsInContainer(from) && !IsInContainer(to))
        {
            reading.AddPath(FactKind.CopyOut, to, destination);
            if (InnerCommands.NamesToken(from))
            {
                reading.Add(FactKind.SecretsRead, "", source);
            }
        }
        else if (IsInContainer(to) && !IsInContainer(from))
        {
            reading.AddPath(FactKind.CopyIn, from, source);
        }
    }

    /// <summary>A side with a ':' is the container's, unless it begins like a path.</summary>
    private static bool IsInContainer(string side) => side is not ['/' or '.', ..] && side.Contains(':');
}

/// <summary>A build's --secret: a file of the host that the build may read.</summary>
internal sealed class BuildSecretMeaning : Meaning
{
    public override void Read(Reading reading, FlagUse? use)
    {
        if (use is not FlagUse given || Lists.Csv(reading.Text(given)) is not List<string> fields)
        {
            return;
        }

        foreach ((string key, string? value) in Lists.Pairs(fields))
        {
            if (key.ToLowerInvariant() is "src" or "source" && value is { Length: > 0 })
            {
                reading.AddPath(FactKind.CopyIn, value, Reading.ArgOf(given));
            }
        }
    }
}

/// <summary>A build's --output: where on the host the result is written.</summary>
internal sealed class BuildOutputMeaning : Meaning
{
    public override void Read(Reading reading, FlagUse? use)
    {
        if (use is not FlagUse given || Lists.Csv(reading.Text(given)) is not List<string> fields)
        {
            return;
        }

        (string Key, string? Value)[] pairs = [.. Lists.Pairs(fields)];
        string? destination = pairs is [{ Value: null } only]
            ? only.Key
            : pairs.LastOrDefault(static pair => pair.Key.Equals("dest", StringComparison.OrdinalIgnoreCase)).Value;
        if (destination is { Length: > 0 } and not "-")
        {
            reading.AddPath(FactKind.CopyOut, destination, Reading.ArgOf(given));
        }
    }
}

/// <summary>A file or directory of the host that a command takes in beside those that are copied: a build's, a secret's.</summary>
internal sealed class TakenFileMeaning(int place, bool andFollowing) : Meaning
{
    public override void Read(Reading reading, FlagUse? use)
    {
        if (use is FlagUse given)
        {
            string text = reading.Text(given);
            Add(reading, text[(text.IndexOf('=', StringComparison.Ordinal) + 1)..], Reading.ArgOf(given));
            return;
        }

        for (int i = place; i < (andFollowing ? reading.Line.Positionals.Count : place + 1); i++)
        {
            if (reading.Positional(i) is int arg and >= 0)
            {
                Add(reading, reading.Line.Text(arg), arg);
            }
        }
    }

    private static void Add(Reading reading, string path, int arg)
    {
        if (path is not ("" or "-") && !path.Contains("://", StringComparison.Ordinal))
        {
            reading.AddPath(FactKind.FileTaken, path, arg);
        }
    }
}
