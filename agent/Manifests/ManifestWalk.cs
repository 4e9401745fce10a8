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
    private const int MostManifests = 50;
    private const int MostBytes = 8 * 1024 * 1024;
    private const int LongestManifest = 1024 * 1024;
    private const int DeepestReference = 5;

    private readonly ManifestDirectories _directories = new(files);
    private readonly ProjectVariables _variables = new(files, environment);
    private readonly Queue<ManifestSource> _waiting = [];
    private readonly HashSet<(ManifestFormat, RootedPath)> _known = [];
    private int _bytes;

    public void Read(IEnumerable<ManifestSource> named)
    {
        int manifests = 0;
        foreach (ManifestSource source in named.Concat(Waiting()))
        {
            if (!findings.Begin(source))
            {
                return;
            }

            if (++manifests > MostManifests)
            {
                findings.AddUnread(source, Unread.Budget);
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
                Add(source, ProjectOf(project));
                break;
        }
    }

    /// <summary>The files that the project's own variables name, or else those that lie there.</summary>
    private IReadOnlyList<FileSource> ProjectOf(ComposeSource project)
    {
        IEnumerable<string> named = ManifestFinder.ComposeFilesOf(_variables.Of(project.Directory, project.Variables));
        FileSource[] files = [.. named.Select(name => new FileSource(project.Format, name, project.Arg, RootedPath.Of(name, project.Directory)!.Value.Clean())
        {
            Project = project.Project,
            Variables = project.Variables,
        })];
        return files.Length > 0 ? files : _directories.ProjectFrom(project);
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
        int most = Math.Min(LongestManifest, MostBytes - _bytes);
        (byte[]? content, Unread reason) = CallerFiles.Read(file, most);
        if (content is null)
        {
            findings.AddUnread(source, reason == Unread.TooLarge && most < LongestManifest ? Unread.Budget : reason);
            return;
        }

        _bytes += content.Length;
        RootedPath start = source.Project ?? source.Path.Parent;
        ManifestContext context = source.Format is ManifestFormat.Compose or ManifestFormat.ComposeBuild
            ? new ManifestContext(start.ToString(), _variables.Of(start, source.Variables))
            : ContextIn(directory);
        ManifestContent found = ManifestText.Read(source.Format, source.Name, content, context);
        bool holdsSecrets = source.Format == ManifestFormat.EnvFile || found.Facts.Any(static fact => fact.Kind == FactKind.SecretsWrite);
        findings.Add(source, found, holdsSecrets ? null : Convert.ToHexStringLower(SHA256.HashData(content)));
        foreach (ManifestReference reference in found.References)
        {
            _waiting.Enqueue(SourceOf(reference, source, start));
        }
    }

    private static ManifestSource SourceOf(ManifestReference reference, FileSource from, RootedPath start)
    {
        string name = reference.Path is ['/', ..] ? reference.Path : from.Name[..(from.Name.LastIndexOf('/') + 1)] + reference.Path;
        return ManifestFinder.IsRemote(reference.Path) ? new UnreachableSource(reference.Path, from.Arg, Unread.Remote)
            : from.Depth >= DeepestReference ? new UnreachableSource(name, from.Arg, Unread.Budget)
            : new FileSource(reference.Format, name, from.Arg, RootedPath.Of(reference.Path, start)!.Value.Clean())
            {
                // What a kustomization names may be another one's directory.
                InDirectory = from.Format == ManifestFormat.Kustomization ? InDirectory.Kustomization : InDirectory.Nothing,
                Variables = from.Variables,
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
                foreach (FileSource file in found)
                {
                    _waiting.Enqueue(file);
                }

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
        foreach (FileSource file in found)
        {
            _waiting.Enqueue(file);
        }

        if (found.Count == 0)
        {
            findings.AddUnread(source, Unread.Gone);
        }
    }

    private ManifestContext ContextIn(RootedPath? start) => new(start?.ToString(), environment);
}
