using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
using Tallyman.Agent.Model;

namespace Tallyman.Agent.Manifests;

/// <summary>Reads what one command line names, and what that names, within one budget.</summary>
/// <param name="files">Null if there is no way to the files of the caller.</param>
/// <param name="directory">The caller's current directory; null if it is not known.</param>
/// <param name="environment">Variables of the caller; null for what is not set or not known.</param>
internal sealed class ManifestWalk(CallerFiles? files, RootedPath? directory, Func<string, string?> environment, ManifestFindings findings)
{
    private const int DeepestReference = 5;

    private readonly ManifestDirectories _directories = new(files);
    private readonly ManifestBudget _budget = new(files, findings);
    private readonly Queue<ManifestSource> _waiting = [];
    private readonly HashSet<(ManifestFormat, RootedPath)> _known = [];

    public void Read(IEnumerable<ManifestSource> named)
    {
        foreach (ManifestSource source in named.Concat(Waiting()))
        {
            if (!_budget.TryBegin(source))
            {
                return;
            }

            Read(source);
        }
    }

    private IEnumerable<ManifestSource> Waiting()
    {
        while (_waiting.TryDequeue(out ManifestSource? source))
        {
            yield return source;
        }
    }

    private void Read(ManifestSource source)
    {
        switch (source)
        {
            case UnreachableSource unreachable:
                findings.AddUnread(source, unreachable.Reason);
                break;
            case ArgumentSource argument:
                findings.Add(source, ManifestText.Read(source.Format, source.Name, argument.Text.Bytes.ToArray(), ContextIn(directory)), sha256: null);
                break;
            case FileSource file when _known.Add((file.Format, file.Path)):
                Read(file);
                break;
            case ComposeSource project:
                Enqueue(new ComposeReader(_budget, _directories, new ProjectVariables(files, environment), findings).Read(project));
                break;
        }
    }

    private void Read(FileSource source)
    {
        Opened opened = files?.Open(source.Path) ?? new Opened(null, false, Unread.Gone);
        using (opened.File)
        {
            if (opened.File is null && opened.Reason == Unread.Gone && source.Format == ManifestFormat.Kubernetes && source.Name.AsSpan().ContainsAny('*', '?'))
            {
                Add(source, _directories.MatchesOf(source));
            }
            else if (opened.File is null)
            {
                findings.AddUnread(source, opened.Reason);
            }
            else if (opened.IsDirectory)
            {
                ReadDirectory(source, opened.File);
            }
            else
            {
                ReadFile(source, opened.File);
            }
        }
    }

    private void ReadFile(FileSource source, SafeFileHandle file)
    {
        if (_budget.Read(source, file) is not byte[] content)
        {
            return;
        }

        ManifestContent found = ManifestText.Read(source.Format, source.Name, content, ContextIn(directory));
        bool holdsSecrets = source.Format == ManifestFormat.EnvFile || found.Facts.Any(static fact => fact.Kind == FactKind.SecretsWrite);
        findings.Add(source, found, holdsSecrets ? null : Convert.ToHexStringLower(SHA256.HashData(content)));
        Enqueue(found.References.Select(reference => SourceOf(reference, source)));
    }

    private static ManifestSource SourceOf(ManifestReference reference, FileSource from)
    {
        string name = reference.Path is ['/', ..] ? reference.Path : from.Name[..(from.Name.LastIndexOf('/') + 1)] + reference.Path;
        return ManifestFinder.IsRemote(reference.Path) ? new UnreachableSource(reference.Path, from.Arg, Unread.Remote)
            : from.Depth >= DeepestReference ? new UnreachableSource(name, from.Arg, Unread.Budget)
            : new FileSource(reference.Format, name, from.Arg, RootedPath.Of(reference.Path, from.Path.Parent)!.Value.Clean())
            {
                // What a kustomization names may be another one's directory.
                InDirectory = from.Format == ManifestFormat.Kustomization ? InDirectory.Kustomization : InDirectory.Nothing,
                Depth = from.Depth + 1,
            };
    }

    private void ReadDirectory(FileSource source, SafeFileHandle opened)
    {
        switch (source.InDirectory)
        {
            case InDirectory.Kustomization:
                Add(source, _directories.KustomizationOf(source) is FileSource kustomization ? [kustomization] : []);
                break;
            case InDirectory.Manifests or InDirectory.ManifestsBelow:
                (IReadOnlyList<FileSource> found, bool isCut) = ManifestDirectories.ManifestsOf(source, opened);
                Enqueue(found);
                if (isCut)
                {
                    findings.AddUnread(source, Unread.Budget);
                }

                break;
            default:
                findings.AddUnread(source, Unread.NotRegular);
                break;
        }
    }

    /// <summary>Has these read where one was expected.</summary>
    private void Add(ManifestSource source, IReadOnlyList<FileSource> found)
    {
        Enqueue(found);
        if (found.Count == 0)
        {
            findings.AddUnread(source, Unread.Gone);
        }
    }

    private void Enqueue(IEnumerable<ManifestSource> sources)
    {
        foreach (ManifestSource source in sources)
        {
            _waiting.Enqueue(source);
        }
    }

    private ManifestContext ContextIn(RootedPath? start) => new(start?.ToString(), environment);
}
