using System.Collections.Immutable;
using Tallyman.Agent.Model;
using Tallyman.Agent.Status;

namespace Tallyman.Agent.Manifests;

/// <summary>
/// What the manifests of one command line were found to ask for, and what is not known of them. One thread adds; another
/// takes what there is, in the midst of it if it must.
/// </summary>
internal sealed class ManifestFindings(Counters counters)
{
    /// <summary>Of all manifests together. Rules are asked of each.</summary>
    private const int MostFacts = 20_000;

    private readonly Lock _lock = new();
    private readonly List<Fact> _facts = [];
    private readonly List<Manifest> _manifests = [];
    private string? _image;
    private ManifestSource? _current;
    private bool _isClosed;

    /// <summary>Names what is read next.</summary>
    /// <returns>False if nobody waits for it any more.</returns>
    public bool Begin(ManifestSource source)
    {
        lock (_lock)
        {
            _current = source;
            return !_isClosed;
        }
    }

    public void Add(ManifestSource source, ManifestContent content, string? sha256)
    {
        lock (_lock)
        {
            if (_isClosed)
            {
                return;
            }

            counters.Add(Counter.ManifestsRead);
            bool isCut = !AddFactsOf(source, content);
            if (content.Error is not null)
            {
                AddUnread(source, Unread.Invalid, sha256);
            }
            else if (isCut)
            {
                AddUnread(source, Unread.Budget, sha256);
            }
            else
            {
                _manifests.Add(new Manifest(source.Name, source.Arg) { Sha256 = sha256 });
            }
        }
    }

    /// <summary>What several manifests make up together, each of which has been added by itself.</summary>
    public void AddFacts(ManifestSource source, ManifestContent content)
    {
        lock (_lock)
        {
            if (_isClosed)
            {
                return;
            }

            AddFactsOf(source, content);
            if (content.Error is not null)
            {
                AddUnread(source, Unread.Invalid, null);
            }
        }
    }

    public void AddUnread(ManifestSource source, Unread reason)
    {
        lock (_lock)
        {
            if (!_isClosed)
            {
                AddUnread(source, reason, null);
            }
        }
    }

    /// <summary>Nothing is added from here on; what was being read is not read.</summary>
    public void GiveUp(ManifestSource first)
    {
        lock (_lock)
        {
            AddUnread(_current ?? first, Unread.Budget, null);
            _isClosed = true;
        }
    }

    /// <summary>The command line with what was found.</summary>
    public Invocation AddTo(Invocation invocation)
    {
        lock (_lock)
        {
            return invocation with
            {
                Image = invocation.Image ?? _image,
                Facts = invocation.Facts.AddRange(_facts),
                Manifests = [.. _manifests],
            };
        }
    }

    /// <returns>Whether there was room for all.</returns>
    private bool AddFactsOf(ManifestSource source, ManifestContent content)
    {
        int room = MostFacts - _facts.Count;
        _facts.AddRange(content.Facts.Take(room).Select(fact => fact.Arg >= 0 ? fact : fact with { Arg = source.Arg }));
        _image ??= content.Images.FirstOrDefault();
        return content.Facts.Length <= room;
    }

    private void AddUnread(ManifestSource source, Unread reason, string? sha256)
    {
        counters.Add(reason.Counter());
        _manifests.Add(new Manifest(source.Name, source.Arg) { Sha256 = sha256, Unread = reason.Name() });
        _facts.Add(reason == Unread.Remote
            ? new Fact(FactKind.RemoteManifest, source.Name, source.Arg)
            : new Fact(FactKind.ManifestUnread, $"{reason.Name()} {source.Name}", source.Arg) { Evidence = source.Name });
    }
}
