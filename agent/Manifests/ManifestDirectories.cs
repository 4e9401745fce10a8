using System.IO.Enumeration;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Tallyman.Agent.Model;
using Tallyman.Agent.Native;

namespace Tallyman.Agent.Manifests;

/// <summary>Which files of a directory the tools take when the directory is all that they are told.</summary>
/// <param name="files">Null if there is no way to the files of the caller.</param>
internal sealed class ManifestDirectories(CallerFiles? files)
{
    private const int Deepest = 8;

    /// <summary>Directories that are searched for a project, upwards.</summary>
    private const int MostSearched = 64;

    private static readonly string[] ComposeNames = ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"];

    private static readonly string[] ComposeOverrideNames =
        ["compose.override.yml", "compose.override.yaml", "docker-compose.override.yml", "docker-compose.override.yaml"];

    private static readonly string[] KustomizationNames = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

    /// <summary>compose: the project file of the directory, or of the nearest one above that has any, and what overrides it.</summary>
    public IReadOnlyList<FileSource> ProjectFrom(ComposeSource source)
    {
        RootedPath place = source.Directory;
        for (int i = 0; i < MostSearched; i++)
        {
            if (FirstIn(place, ComposeNames) is string project)
            {
                FileSource Named(string name) =>
                    new(source.Format, place == source.Directory ? name : $"{place}/{name}", source.Arg, Join(place, name));
                return FirstIn(place, ComposeOverrideNames) is string other ? [Named(project), Named(other)] : [Named(project)];
            }

            if (place.IsRoot)
            {
                break;
            }

            place = place.Parent;
        }

        return [];
    }

    /// <summary>kustomize: the one file that says what the directory is; null if there is none.</summary>
    public FileSource? KustomizationOf(FileSource directory) => FirstIn(directory.Path, KustomizationNames) is string name
        ? directory with
        {
            Format = ManifestFormat.Kustomization,
            Name = $"{directory.Name.TrimEnd('/')}/{name}",
            Path = Join(directory.Path, name),
            InDirectory = InDirectory.Nothing,
        }
        : null;

    /// <summary>kubectl: by the ends of their names, and directories only where it is told so.</summary>
    /// <returns>Whether there are more than these.</returns>
    public static (IReadOnlyList<FileSource> Files, bool IsCut) ManifestsOf(FileSource directory, SafeFileHandle opened)
    {
        (IReadOnlyList<DirectoryEntry> entries, bool isCut) = CallerFiles.List(opened);
        var found = new List<FileSource>();
        foreach (DirectoryEntry entry in entries)
        {
            ReadOnlySpan<byte> name = entry.Name.Span;
            bool isWanted = entry.IsDirectory
                ? directory.InDirectory == InDirectory.ManifestsBelow
                : name.EndsWith(".yaml"u8) || name.EndsWith(".yml"u8) || name.EndsWith(".json"u8);
            if (isWanted && directory.Depth < Deepest)
            {
                found.Add(directory with
                {
                    Name = $"{directory.Name.TrimEnd('/')}/{new HostText(entry.Name)}",
                    Path = directory.Path.Join(name),
                    InDirectory = entry.IsDirectory ? InDirectory.ManifestsBelow : InDirectory.Nothing,
                    Depth = directory.Depth + 1,
                });
            }

            isCut |= isWanted && directory.Depth >= Deepest;
        }

        return (found, isCut);
    }

    /// <summary>kubectl: the files that a pattern stands for which no shell has put in. Only in the last name, where people write them.</summary>
    public IReadOnlyList<FileSource> MatchesOf(FileSource pattern)
    {
        ReadOnlySpan<byte> path = pattern.Path.Text.Bytes;
        string name = Encoding.UTF8.GetString(path[(path.LastIndexOf((byte)'/') + 1)..]);
        Opened? parent = files?.Open(pattern.Path.Parent);
        using SafeFileHandle? directory = parent is { IsDirectory: true } opened ? opened.File : null;
        if (directory is null)
        {
            return [];
        }

        string start = pattern.Name[..(pattern.Name.LastIndexOf('/') + 1)];
        return [.. CallerFiles.List(directory).Entries
            .Where(entry => FileSystemName.MatchesSimpleExpression(name, Encoding.UTF8.GetString(entry.Name.Span), ignoreCase: false))
            .Select(entry => pattern with { Name = start + new HostText(entry.Name), Path = pattern.Path.Parent.Join(entry.Name.Span) })];
    }

    /// <summary>The first of these that is there, whether it can be read or not.</summary>
    private string? FirstIn(RootedPath place, string[] names) => Array.Find(names, name =>
    {
        Opened? opened = files?.Open(Join(place, name));
        opened?.File?.Dispose();
        return opened is { File: not null } or { Reason: not Unread.Gone };
    });

    private static RootedPath Join(RootedPath place, string name) => place.Join(Encoding.UTF8.GetBytes(name));
}
