using System.Collections.Immutable;
using System.Reflection;
using System.Text;
using Tallyman.Agent.CommandLines;
using Tallyman.Agent.Model;
using Tallyman.Rendering;

namespace Tallyman.Agent.Redaction;

/// <summary>
/// Takes the secrets out of command lines before anything of them leaves memory. Total: where it cannot tell what is a
/// secret, everything is one.
/// </summary>
internal sealed class Redactor(SecretHash hash, Func<SecretRules> load)
{
    private const string MarkBegin = "[redacted";

    private static readonly Lazy<SecretRules> Shipped = new(static () => LoadShipped([]));

    /// <summary>By the rules that the program carries.</summary>
    public Redactor(SecretHash hash)
        : this(hash, static () => Shipped.Value)
    {
    }

    /// <summary>By those and a site's own.</summary>
    /// <param name="names">Of variables, flags and headers whose values are secrets.</param>
    public static Redactor With(SecretHash hash, ImmutableArray<string> names)
    {
        if (names.IsEmpty)
        {
            return new Redactor(hash);
        }

        SecretRules rules = LoadShipped(names);
        return new Redactor(hash, () => rules);
    }

    /// <summary>The arguments of an execution; the loader's by what it loads, those of a program that hides what it is by what they look like.</summary>
    public Redactions Redact(ExecEvent exec) =>
        exec.Loaded is Executable loaded ? Redact(loaded, exec.Argv, Math.Max(0, DynamicLoader.ProgramIn(exec.Argv, 0)))
        : exec.Program.Tool == Tool.Unnamed ? Redact(UnnamedPrograms.Guess(exec.Argv), exec.Argv)
        : Redact(exec.Program, exec.Argv);

    /// <param name="program">Which tool it is; null if it is none.</param>
    /// <param name="at">Where its own name stands.</param>
    public Redactions Redact(Executable? program, Argv argv, int at = 0)
    {
        try
        {
            return Redact(load(), program, argv, at);
        }
        catch (Exception e)
        {
            return Redactions.Closed(argv, $"redaction failed with {e.GetType().Name}");
        }
    }

    /// <summary>A text that belongs to no command line, such as a log.</summary>
    public string RedactText(string text)
    {
        try
        {
            return RedactText(load(), text);
        }
        catch (Exception e)
        {
            return $"[redacted: redaction failed with {e.GetType().Name}]";
        }
    }

    /// <summary>Whether a variable, a flag or a key of this name has a secret.</summary>
    public bool IsSecretName(string name) => load().Names.IsSecret(Encoding.UTF8.GetBytes(name));

    private Redactions Redact(SecretRules rules, Executable? program, Argv argv, int at)
    {
        var found = new SecretSpans();
        List<Word> words = Word.Of(argv);
        KnownWord[] known = new SecretSearch(rules, found).Read(words, program, at);
        SecretEchoes echoes = SecretEchoes.Of(found, argv);
        echoes.Find(words, known, found);

        var places = ImmutableArray.CreateBuilder<Redacted>();
        var area = new MemoryStream(argv.Length);
        for (int arg = 0; arg < argv.Count; arg++)
        {
            places.AddRange(WriteTo(area, argv.Memory(arg), found.In(arg, argv.Memory(arg))));
            area.WriteByte(0);
        }

        Argv redacted = Argv.FromArea(area.GetBuffer().AsMemory(0, (int)area.Length), argv.Count);
        return new Redactions(argv, redacted, places.ToImmutable(), echoes.Texts(hash), text => RedactText(rules, text));
    }

    private string RedactText(SecretRules rules, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        var found = new SecretSpans();
        new SecretSearch(rules, found).Read([new Word(bytes, 0)], null);
        List<SecretSpan> spans = found.In(0, bytes);
        spans.RemoveAll(span => IsMark(bytes, span));
        if (spans.Count == 0)
        {
            return text;
        }

        var area = new MemoryStream(bytes.Length);
        WriteTo(area, bytes, spans);
        return SafeText.Decode(area.GetBuffer().AsSpan(0, (int)area.Length));
    }

    /// <summary>Whether it is a mark that stands there already. Behind a name and a colon it looks like a list.</summary>
    private static bool IsMark(ReadOnlySpan<byte> text, SecretSpan span) =>
        Encoding.UTF8.GetString(span.Secret).StartsWith(MarkBegin, StringComparison.Ordinal)
        || (span.From > 0 && text[(span.From - 1)..].StartsWith("[redacted:"u8) && span.To - span.From == "redacted:0123456789ab".Length);

    /// <summary>Writes a text with marks in the places of the secrets in it.</summary>
    private List<Redacted> WriteTo(MemoryStream area, ReadOnlyMemory<byte> text, List<SecretSpan> spans)
    {
        var places = new List<Redacted>(spans.Count);
        int written = 0;
        foreach (SecretSpan span in spans)
        {
            string mark = hash.Mark(span.Secret);
            area.Write(text.Span[written..span.From]);
            area.Write(Encoding.ASCII.GetBytes(mark));
            places.Add(new Redacted(span.Word.Arg, mark, span.Rule));
            written = span.To;
        }

        area.Write(text.Span[written..]);
        return places;
    }

    private static SecretRules LoadShipped(ImmutableArray<string> names)
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("Redaction/secrets.json")
            ?? throw new InvalidOperationException("the program lacks its own secrets.json");
        byte[] bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return new SecretRules(bytes, names);
    }
}
