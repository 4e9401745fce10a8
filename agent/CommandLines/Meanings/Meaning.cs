using Tallyman.Agent.Model;

namespace Tallyman.Agent.CommandLines.Meanings;

/// <summary>What a flag, or a command by itself, means: the closed set of kinds that Meanings/*.json choose from.</summary>
internal abstract class Meaning
{
    /// <param name="use">The use of the flag; null where the meaning is the command's.</param>
    public abstract void Read(Reading reading, FlagUse? use);
}

/// <summary>A switch that is on.</summary>
internal sealed class SwitchMeaning(FactKind fact, string value) : Meaning
{
    public override void Read(Reading reading, FlagUse? use)
    {
        if (use is FlagUse given && reading.IsOn(given))
        {
            reading.Add(fact, value, given.Arg);
        }
    }
}

/// <summary>The value itself or what is said in its place, whatever it is, or only one that begins so or has that in it.</summary>
internal sealed class TextMeaning(FactKind fact, string prefix) : Meaning
{
    public IReadOnlyList<string> Except { get; init; } = [];

    public string Starts { get; init; } = "";

    public string Contains { get; init; } = "";

    /// <summary>What the fact says instead of the value.</summary>
    public string? Value { get; init; }

    public override void Read(Reading reading, FlagUse? use)
    {
        if (use is not FlagUse given)
        {
            return;
        }

        string text = reading.Text(given);
        if (text.Length > 0
            && !Except.Contains(text)
            && text.StartsWith(Starts, StringComparison.Ordinal)
            && text.Contains(Contains, StringComparison.Ordinal))
        {
            reading.Add(fact, Value ?? prefix + text, Reading.ArgOf(given));
        }
    }
}

/// <summary>The value in a file of the host; a list of them where the flag is one.</summary>
internal sealed class FileMeaning(FactKind fact) : Meaning
{
    public override void Read(Reading reading, FlagUse? use)
    {
        if (use is not FlagUse given)
        {
            return;
        }

        foreach (string path in Lists.Split(reading.Text(given), given.Flag.Repetition))
        {
            if (path.Length > 0)
            {
                reading.AddPath(fact, path, Reading.ArgOf(given));
            }
        }
    }
}

/// <summary>One value that matters among others that do not.</summary>
internal sealed class EqualsMeaning(FactKind fact, string value, string expected, bool isFolded, bool isList) : Meaning
{
    public override void Read(Reading reading, FlagUse? use)
    {
        if (use is not FlagUse given)
        {
            return;
        }

        foreach (string text in Lists.Split(reading.Text(given), isList ? Repetition.EachComma : given.Flag.Repetition))
        {
            if (text.Equals(expected, isFolded ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal))
            {
                reading.Add(fact, value, Reading.ArgOf(given));
            }
        }
    }
}

/// <summary>The use of the command, or of a flag, means it.</summary>
internal sealed class AlwaysMeaning(FactKind fact, string value) : Meaning
{
    public override void Read(Reading reading, FlagUse? use) => reading.Add(fact, value, use?.Arg ?? -1);
}

/// <summary>The positionals from one place on, or the one at it.</summary>
internal sealed class PositionalMeaning(FactKind fact, int place, bool andFollowing) : Meaning
{
    public override void Read(Reading reading, FlagUse? use)
    {
        for (int i = place; i < (andFollowing ? reading.Line.Positionals.Count : place + 1); i++)
        {
            if (reading.Positional(i) is int arg and >= 0)
            {
                reading.AddPath(fact, reading.Line.Text(arg), arg);
            }
        }
    }
}

/// <summary>The image that a flag names.</summary>
internal sealed class ImageMeaning : Meaning
{
    public override void Read(Reading reading, FlagUse? use)
    {
        if (use is FlagUse given && reading.Text(given) is { Length: > 0 } image)
        {
            reading.Image ??= Lists.Split(image, given.Flag.Repetition)[0];
        }
    }
}

/// <summary>A meaning that others take away: any of these switches that is on, or any of these flags that has a value.</summary>
internal sealed class UnlessMeaning(Meaning meaning, IReadOnlyList<string> flags) : Meaning
{
    public override void Read(Reading reading, FlagUse? use)
    {
        // What a command does by itself cannot be told where the tool refuses it: the flag may be the one that is not known.
        bool isTold = use is not null || reading.Line.Error is null;
        if (isTold && !flags.Any(reading.IsOn))
        {
            meaning.Read(reading, use);
        }
    }
}
