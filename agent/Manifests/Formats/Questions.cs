using System.Collections.Immutable;
using Tallyman.Agent.CommandLines;
using Tallyman.Agent.CommandLines.Meanings;
using Tallyman.Agent.Model;

namespace Tallyman.Agent.Manifests.Formats;

/// <summary>What all formats ask of a place: whether it says something, and which fact that is.</summary>
internal static class Questions
{
    /// <summary>Of a command; longer scripts are no scripts that people write.</summary>
    private const int LongestWord = 64 * 1024;

    public static void IfTrue(this ManifestReading reading, FactKind kind, Cursor at)
    {
        if (at.IsTrue)
        {
            reading.Add(kind, at);
        }
    }

    public static void IfEquals(this ManifestReading reading, FactKind kind, Cursor at, string expected)
    {
        if (at.Text == expected)
        {
            reading.Add(kind, at);
        }
    }

    public static void IfNumber(this ManifestReading reading, FactKind kind, Cursor at, int expected)
    {
        if (at.Number == expected)
        {
            reading.Add(kind, at);
        }
    }

    public static void IfText(this ManifestReading reading, FactKind kind, Cursor at)
    {
        if (at.Text is { Length: > 0 } text)
        {
            reading.Add(kind, at, text);
        }
    }

    public static void IfPath(this ManifestReading reading, FactKind kind, Cursor at)
    {
        if (at.Text is { Length: > 0 } path)
        {
            reading.AddPath(kind, at, path);
        }
    }

    public static void Capabilities(this ManifestReading reading, Cursor list)
    {
        foreach (Cursor item in list.Items)
        {
            if (item.Text is string text && CapabilityMeaning.NameOf(text) is string capability)
            {
                reading.Add(FactKind.CapAdd, item, capability);
            }
        }
    }

    /// <param name="at">NAME or NAME=VALUE.</param>
    public static void Variable(this ManifestReading reading, Cursor at)
    {
        if (at.Text?.Split('=', 2)[0] is { Length: > 0 } variable)
        {
            reading.Add(FactKind.EnvironmentVariable, at, variable);
        }
    }

    /// <summary>A program and its arguments, as they are run in the container.</summary>
    public static void Command(this ManifestReading reading, Cursor command, Cursor? arguments = null)
    {
        IEnumerable<Cursor> words = command.Items.Concat(arguments?.Items ?? []);
        reading.Command(command.Exists ? command : arguments ?? command, words.Select(static word => word.Text).OfType<string>());
    }

    public static void Command(this ManifestReading reading, Cursor at, IEnumerable<string> words)
    {
        foreach (Fact fact in reading.AsDocker(at, ["exec", "container", .. words]).Where(static fact => fact.Kind == FactKind.InnerCommand))
        {
            reading.Add(fact, at);
        }
    }

    /// <summary>What stands here means what it means as the value of a flag of docker run.</summary>
    public static void DockerFlag(this ManifestReading reading, string flag, Cursor at)
    {
        if (at.Text is { Length: > 0 } text)
        {
            foreach (Fact fact in reading.AsDocker(at, ["run", $"--{flag}={text}"]))
            {
                reading.Add(fact, at);
            }
        }
    }

    private static ImmutableArray<Fact> AsDocker(this ManifestReading reading, Cursor at, IEnumerable<string> words)
    {
        Executable docker = Executables.All[0];
        IEnumerable<string> arguments = words.Select(static word => Cursor.Clip(word, LongestWord).Replace("\0", "", StringComparison.Ordinal));
        string[] argv = [docker.Name, .. arguments];
        return CommandLineReader.Read(docker, Argv.Of(argv), reading.DirectoryOf(at)).Facts;
    }
}
