using System.Security.Cryptography;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Tallyman.Agent.Model;
using Tallyman.Agent.Native;

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
    private const int DeepestDirectory = 8;

    /// <summary>Directories above the caller's that are searched for a project.</summary>
    private const int HighestProject = 64;

    private static readonly string[] ComposeNames = ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"];

    private static readonly string[] ComposeOverrideNames =
        ["compose.override.yml", "compose.override.yaml", "docker-compose.override.yml", "docker-compose.override.yaml"];

    private static readonly string[] KustomizationNames = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

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
                FindProject(project);
                break;
        }
    }

    private void Read(FileSource source)
    {
        Opened opened = Open(source.Path);
        using (opened.File)
        {
            if (opened.File is null)
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
        ManifestContent found = ManifestText.Read(source.Format, source.Name, content, ContextIn(source.Format == ManifestFormat.Compose ? start : directory));
        findings.Add(source, found, source.Format == ManifestFormat.EnvFile ? null : Convert.ToHexStringLower(SHA256.HashData(content)));
        foreach (ManifestReference reference in found.References)
        {
            _waiting.Enqueue(SourceOf(reference, source, start));
        }
    }

    private static ManifestSource SourceOf(ManifestReference reference, FileSource from, RootedPath start)
    {
        string name = from.Name[..(from.Name.LastIndexOf('/') + 1)] + reference.Path;
        return ManifestFinder.IsRemote(reference.Path) ? new UnreachableSource(reference.Path, from.Arg, Unread.Remote)
            : from.Depth >= DeepestReference ? new UnreachableSource(name, from.Arg, Unread.Budget)
            : new FileSource(reference.Format, name, from.Arg, RootedPath.Of(reference.Path, start)!.Value.Clean())
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
                if (!TryAddFirst(source.Path, KustomizationNames, name => source with { Format = ManifestFormat.Kustomization, Name = $"{source.Name.TrimEnd('/')}/{name}" }))
                {
                    findings.AddUnread(source, Unread.Gone);
                }

                break;
            case InDirectory.Manifests or InDirectory.ManifestsBelow:
                AddFilesOf(source, opened);
                break;
            default:
                findings.AddUnread(source, Unread.NotRegular);
                break;
        }
    }

    /// <summary>As kubectl does: by the ends of names, other directories only where it is told so.</summary>
    private void AddFilesOf(FileSource source, SafeFileHandle opened)
    {
        (IReadOnlyList<DirectoryEntry> entries, bool isCut) = CallerFiles.List(opened);
        foreach (DirectoryEntry entry in entries)
        {
            ReadOnlySpan<byte> name = entry.Name.Span;
            bool isWanted = entry.IsDirectory
                ? source.InDirectory == InDirectory.ManifestsBelow
                : name.EndsWith(".yaml"u8) || name.EndsWith(".yml"u8) || name.EndsWith(".json"u8);
            if (!isWanted)
            {
                continue;
            }

            FileSource found = source with
            {
                Name = $"{source.Name.TrimEnd('/')}/{new HostText(entry.Name)}",
                Path = source.Path.Join(name),
                InDirectory = entry.IsDirectory ? InDirectory.ManifestsBelow : InDirectory.Nothing,
                Depth = source.Depth + 1,
            };
            if (found.Depth > DeepestDirectory)
            {
                isCut = true;
            }
            else
            {
                _waiting.Enqueue(found);
            }
        }

        if (isCut)
        {
            findings.AddUnread(source, Unread.Budget);
        }
    }

    /// <summary>The project file of the directory, or of the nearest one above that has any, and what overrides it.</summary>
    private void FindProject(ComposeSource source)
    {
        RootedPath place = source.Directory;
        for (int i = 0; i < HighestProject; i++)
        {
            FileSource Named(string name) =>
                new(ManifestFormat.Compose, place == source.Directory ? name : $"{place}/{name}", source.Arg, place) { Project = source.Project };
            if (TryAddFirst(place, ComposeNames, Named))
            {
                TryAddFirst(place, ComposeOverrideNames, Named);
                return;
            }

            if (place.IsRoot)
            {
                break;
            }

            place = place.Parent;
        }

        findings.AddUnread(source, Unread.Gone);
    }

    /// <summary>Adds the first of these that is there, whether it can be read or not.</summary>
    private bool TryAddFirst(RootedPath place, string[] names, Func<string, FileSource> named)
    {
        foreach (string name in names)
        {
            RootedPath path = place.Join(Encoding.UTF8.GetBytes(name));
            Opened opened = Open(path);
            opened.File?.Dispose();
            if (opened.File is not null || opened.Reason != Unread.Gone)
            {
                _waiting.Enqueue(named(name) with { Path = path, InDirectory = InDirectory.Nothing });
                return true;
            }
        }

        return false;
    }

    private Opened Open(RootedPath path) => files?.Open(path) ?? new Opened(null, false, Unread.Gone);

    private ManifestContext ContextIn(RootedPath? start) => new(start?.ToString(), environment);
}
