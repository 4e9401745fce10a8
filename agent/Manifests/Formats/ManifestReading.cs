using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Tallyman.Agent.CommandLines.Meanings;
using Tallyman.Agent.Model;

namespace Tallyman.Agent.Manifests.Formats;

/// <summary>What is being learnt from one manifest: bounded, each thing once.</summary>
internal sealed class ManifestReading(string name, ManifestContext context)
{
    /// <summary>The kernel takes no longer path, and no name here is longer.</summary>
    private const int LongestValue = 4096;

    /// <summary>What is looked at of a path that is yet to be cleaned: "/./././etc".</summary>
    private const int LongestPath = 32 * 1024;

    private const int MostFacts = 10_000;
    private const int MostImages = 100;
    private const int MostReferences = 1000;

    private readonly List<Fact> _facts = [];
    private readonly List<string> _images = [];
    private readonly List<ManifestReference> _references = [];

    /// <summary>What the lists have already.</summary>
    private readonly HashSet<object> _known = [];
    private string? _error;
    private int _innerText = ManifestText.LongestText;

    /// <summary>Which document of the text is being read, from 1.</summary>
    public int Document { get; set; } = 1;

    public ManifestContext Context { get; } = context;

    public ManifestContent ToContent() => new()
    {
        Facts = [.. _facts],
        Images = [.. _images],
        References = [.. _references],
        Error = _error,
    };

    public void Fail(string error) => _error ??= error;

    /// <summary>Whether a text inside the text may be read: all of them together may be as long as one.</summary>
    public bool MayRead(string innerText)
    {
        _innerText -= innerText.Length;
        if (_innerText < 0)
        {
            Fail(string.Create(
                CultureInfo.InvariantCulture, $"manifests inside the manifest may be {ManifestText.LongestText:N0} characters, are more"));
        }

        return _innerText >= 0;
    }

    /// <summary>The same fact counts once, where it stands first.</summary>
    public void Add(Fact fact, Cursor at)
    {
        fact = fact with { Value = Clip(fact.Value), Path = Clip(fact.Path), Destination = Clip(fact.Destination) };
        if (_facts.Count == MostFacts)
        {
            Fail(string.Create(CultureInfo.InvariantCulture, $"facts may be {MostFacts:N0}, are more"));
        }
        else if (_known.Add((fact.Kind, fact.Value, fact.Path, fact.Destination)))
        {
            string place = at.Origin?.Name ?? string.Create(CultureInfo.InvariantCulture, $"{name}#{Document}");
            _facts.Add(fact with { Arg = at.Origin?.Arg ?? -1, Evidence = $"{place} {at}" });
        }
    }

    public void Add(FactKind kind, Cursor at, string value = "") => Add(new Fact(kind, value), at);

    public void AddPath(FactKind kind, Cursor at, string path) => Add(new Fact(kind, path) { Path = HostPath.Resolve(Cut(path), DirectoryOf(at)) }, at);

    /// <summary>A directory or file of the host comes into the container.</summary>
    public void AddMount(Cursor at, string? source, string? destination = null)
    {
        if (source is { Length: > 0 })
        {
            source = Cut(source);
            Add(
                new Fact(FactKind.HostMount, HostPath.Clean(source))
                {
                    Path = HostPath.Resolve(source, DirectoryOf(at)),
                    Destination = destination is null or [] ? null : HostPath.Clean(Cut(destination)),
                },
                at);
        }
    }

    public void AddImage(Cursor at)
    {
        if (at.Text is { Length: > 0 } image && _images.Count < MostImages && _known.Add(Clip(image)))
        {
            _images.Add(Clip(image));
        }
    }

    public void AddReference(ManifestFormat format, Cursor at)
    {
        if (at.Text is not ({ Length: > 0 and <= LongestValue } path))
        {
            return;
        }

        var reference = new ManifestReference(format, path) { Origin = at.Origin };
        if (_references.Count == MostReferences)
        {
            Fail(string.Create(CultureInfo.InvariantCulture, $"files that are named may be {MostReferences:N0}, are more"));
        }
        else if (_known.Add(reference))
        {
            _references.Add(reference);
        }
    }

    /// <summary>Where relative paths of the host start from that stand here.</summary>
    public string? DirectoryOf(Cursor at) => at.Origin is ManifestOrigin origin ? origin.Directory : Context.Directory;

    /// <summary>Without a mark of the cut, so that what is left may still be a directory above.</summary>
    private static string Cut(string path) => path[..Math.Min(path.Length, LongestPath)];

    [return: NotNullIfNotNull(nameof(text))]
    private static string? Clip(string? text) => text is null ? null : Cursor.Clip(text, LongestValue);
}
