using System.Collections.Immutable;
using System.Text;
using Tallyman.Agent.CommandLines;
using Tallyman.Agent.Model;
using Tallyman.Rendering;

namespace Tallyman.Agent.Redaction;

/// <summary>A place in argv that was redacted.</summary>
/// <param name="Arg">Index in argv.</param>
/// <param name="Mark">What stands there now.</param>
/// <param name="Rule">What says that it was a secret.</param>
internal sealed record Redacted(int Arg, string Mark, string Rule);

/// <summary>
/// A command line without its secrets, and what keeps them out of every other text about it. What is left of argv may be
/// read in any other text too; of the rest only what is certain to hold no secret.
/// </summary>
internal sealed class Redactions
{
    /// <summary>Bytes that may be searched for one command line, which is hundreds of times what people's need.</summary>
    private const long MostSearched = 256 * 1024 * 1024;

    /// <summary>A text that is longer keeps its head and its tail.</summary>
    private const int LongestText = 64 * 1024;

    private const string TooMuch = "[redacted: too much to search]";

    private readonly Func<string, string> _redactText;
    private readonly IReadOnlyList<(string Secret, string Mark)> _secrets;
    private readonly Dictionary<int, (string Before, string After)> _touched = [];
    private readonly string? _closed;
    private long _searched;

    /// <param name="secrets">Each with its mark: what no text may contain.</param>
    /// <param name="redactText">Redacts a text by names and forms alone.</param>
    internal Redactions(Argv original, Argv redacted, ImmutableArray<Redacted> places, IReadOnlyList<(string Secret, string Mark)> secrets, Func<string, string> redactText)
    {
        Argv = redacted;
        Places = places;
        _secrets = secrets;
        _redactText = redactText;
        foreach (Redacted place in places)
        {
            if (!_touched.ContainsKey(place.Arg))
            {
                _touched.Add(place.Arg, (SafeText.Decode(original[place.Arg]), SafeText.Decode(redacted[place.Arg])));
            }
        }
    }

    private Redactions(Argv redacted, string mark)
    {
        Argv = redacted;
        Places = [.. Enumerable.Range(0, redacted.Count).Select(i => new Redacted(i, mark, "redaction failed"))];
        _closed = mark;
        _secrets = [];
        _redactText = static text => text;
    }

    /// <summary>The arguments as they may leave; as many as there were.</summary>
    public Argv Argv { get; }

    public ImmutableArray<Redacted> Places { get; }

    /// <summary>Nothing could be told apart, so that everything is redacted.</summary>
    public bool IsClosed => _closed is not null;

    /// <summary>All arguments redacted, and all texts.</summary>
    public static Redactions Closed(Argv original, string reason)
    {
        string mark = $"[redacted: {reason}]";
        return new Redactions(Argv.Of([.. Enumerable.Repeat(mark, original.Count)]), mark);
    }

    public Invocation Of(Invocation invocation) => invocation with
    {
        Command = IsCommand(invocation) ? invocation.Command : OfText(invocation.Command),
        Image = invocation.Image is null ? null : OfShown(invocation.Image),
        Facts = [.. invocation.Facts.Select(Of)],
        Manifests = [.. invocation.Manifests.Select(manifest => IsFlag(manifest, invocation) ? manifest : manifest with { Name = OfValue(manifest.Name, manifest.Arg) })],
        Error = invocation.Error is null ? null : OfText(invocation.Error),
        Warnings = [.. invocation.Warnings.Select(OfText)],
    };

    public Fact Of(Fact fact) => fact with
    {
        Value = OfValue(fact.Value, fact.Arg),
        Path = fact.Path is null ? null : OfValue(fact.Path, fact.Arg),
        Destination = fact.Destination is null ? null : OfValue(fact.Destination, fact.Arg),
        Evidence = fact.Evidence is null ? null : OfText(fact.Evidence),
    };

    /// <summary>A path or a name of the process, which does not come from the command line, as it may leave.</summary>
    public string OfPath(string path) => _closed ?? _redactText(path);

    /// <summary>A text about the command line as it may leave.</summary>
    public string OfText(string text)
    {
        if (text.Length == 0)
        {
            return text;
        }

        text = SafeText.Shorten(text, LongestText);
        if (_closed is not null || !Spend((long)text.Length * (1 + _secrets.Count + _touched.Count)))
        {
            return _closed ?? TooMuch;
        }

        foreach ((string before, string after) in _touched.Values)
        {
            if (before is ['-', _, _, ..])
            {
                text = text.Replace(before, after, StringComparison.Ordinal).Replace(Clip(before), Clip(after), StringComparison.Ordinal);
            }
        }

        foreach ((string secret, string mark) in _secrets)
        {
            text = text.Replace(secret, mark, StringComparison.Ordinal);
        }

        return _redactText(text);
    }

    /// <summary>What was read from an argument: as it is if that was not touched or what is left of it says the same.</summary>
    private string OfValue(string value, int arg)
    {
        if (_closed is not null)
        {
            return value.Length == 0 ? value : _closed;
        }

        if (arg < 0)
        {
            return OfText(value);
        }

        if (!_touched.TryGetValue(arg, out (string Before, string After) texts))
        {
            return value;
        }

        if (!Spend(texts.After.Length))
        {
            return TooMuch;
        }

        if (texts.After.Contains(value, StringComparison.Ordinal))
        {
            return value;
        }

        string redacted = OfText(value);
        return texts.After.Contains(redacted, StringComparison.Ordinal) ? redacted : "[redacted]";
    }

    /// <summary>Whether the command is one of the tool's, and not a word that it does not know.</summary>
    private static bool IsCommand(Invocation invocation) =>
        invocation.Error is null || Grammars.Of(invocation.Tool).Commands.Any(command => command.Path == invocation.Command);

    /// <summary>Whether it is called by the flag whose value it is, which may be spelt otherwise: -p.</summary>
    private static bool IsFlag(Manifest manifest, Invocation invocation) =>
        invocation.ManifestOptions.Any(option => option.Arg == manifest.Arg && manifest.Name == $"--{option.Flag}");

    /// <summary>As it is if it is an argument as it may leave.</summary>
    private string OfShown(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        for (int i = 0; i < Argv.Count && _closed is null; i++)
        {
            if (Argv[i].SequenceEqual(bytes))
            {
                return text;
            }
        }

        return OfText(text);
    }

    /// <summary>As errors quote flags that are long.</summary>
    private static string Clip(string flag) => flag.Length <= 80 ? flag : flag[..80];

    private bool Spend(long bytes) => (_searched += bytes) <= MostSearched;
}
