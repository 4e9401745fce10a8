using System.Globalization;
using System.Security.Cryptography;
using Tallyman.Agent.Manifests.Formats;
using Tallyman.Agent.Yaml;

namespace Tallyman.Agent.Manifests;

/// <summary>Reads the files of a compose project, and those that they name, as one.</summary>
internal sealed class ComposeReader(ManifestBudget budget, ManifestDirectories directories, ProjectVariables variables, ManifestFindings findings)
{
    /// <summary>A place in a project: where relative paths start from, and what is put in for variables.</summary>
    private sealed record Place(RootedPath Directory, Func<string, string?> Environment);

    /// <returns>Files of variables that its services name.</returns>
    public IEnumerable<FileSource> Read(ComposeSource source)
    {
        IReadOnlyList<FileSource> files = source.Files.Count > 0 ? source.Files : FilesOf(source);
        if (files.Count == 0)
        {
            findings.AddUnread(source, Unread.Gone);
            return [];
        }

        RootedPath start = source.Project ?? files[0].Path.Parent;
        var place = new Place(start, variables.Of(start, source.Variables));
        var reading = new ManifestReading(files[0].Name, new ManifestContext(start.ToString(), place.Environment));
        List<YamlMapping> project = Load(files, place, isNamed: true);
        string[] profiles = [.. source.Selection.Profiles.Concat((place.Environment("COMPOSE_PROFILES") ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries))];
        new ComposeProject(reading, source.Format, inclusion => Load(inclusion, files[0], place)).Read(project, source.Selection with { Profiles = profiles });
        ManifestContent content = reading.ToContent();
        findings.AddFacts(files[0], content);
        return content.References.Where(static reference => !ManifestFinder.IsRemote(reference.Path)).Select(reference => SourceOf(reference, files[0], start));
    }

    /// <summary>The files that the project's own variables name, or else those that lie there.</summary>
    private IReadOnlyList<FileSource> FilesOf(ComposeSource source)
    {
        FileSource[] named = [.. ManifestFinder.ComposeFilesOf(variables.Of(source.Directory, source.Variables))
            .Select(name => new FileSource(source.Format, name, source.Arg, RootedPath.Of(name, source.Directory)!.Value.Clean()))];
        return named.Length > 0 ? named : directories.ProjectFrom(source);
    }

    /// <param name="isNamed">Whether the budget knows the first of them already.</param>
    private List<YamlMapping> Load(IReadOnlyList<FileSource> files, Place place, bool isNamed)
    {
        var documents = new List<YamlMapping>();
        foreach (FileSource file in files)
        {
            if (!isNamed && !budget.TryBegin(file))
            {
                break;
            }

            isNamed = false;
            if (budget.Read(file) is not byte[] content)
            {
                continue;
            }

            var reading = new ManifestReading(file.Name, new ManifestContext(place.Directory.ToString(), place.Environment));
            documents.AddRange(ManifestText.ReadCompose(
                reading,
                content,
                place.Environment,
                document => new ManifestOrigin(string.Create(CultureInfo.InvariantCulture, $"{file.Name}#{document}"), place.Directory.ToString(), file.Arg)));
            findings.Add(file, reading.ToContent(), Convert.ToHexStringLower(SHA256.HashData(content)));
        }

        return documents;
    }

    private List<YamlMapping> Load(ComposeInclusion inclusion, FileSource first, Place place)
    {
        RootedPath from = RootedPath.Of(inclusion.From?.Directory ?? "", null) ?? place.Directory;
        int arg = inclusion.From?.Arg ?? first.Arg;
        var files = new List<FileSource>();
        foreach (string path in inclusion.Paths)
        {
            if (ManifestFinder.IsRemote(path))
            {
                findings.AddUnread(new UnreachableSource(path, arg, Unread.Remote), Unread.Remote);
            }
            else
            {
                files.Add(new FileSource(first.Format, NameOf(path, first), arg, RootedPath.Of(path, from)!.Value.Clean()));
            }
        }

        if (files.Count == 0)
        {
            return [];
        }

        RootedPath start = inclusion.Project is string project ? RootedPath.Of(project, from)!.Value.Clean() : files[0].Path.Parent;
        RootedPath[] named = [.. inclusion.Variables.Select(path => RootedPath.Of(path, from)!.Value.Clean())];
        Func<string, string?> own = variables.Of(start, named.Length > 0 ? named : null);
        return Load(files, new Place(start, name => place.Environment(name) ?? own(name)), isNamed: false);
    }

    private static FileSource SourceOf(ManifestReference reference, FileSource first, RootedPath start)
    {
        RootedPath from = RootedPath.Of(reference.Origin?.Directory ?? "", null) ?? start;
        return new FileSource(reference.Format, NameOf(reference.Path, first), reference.Origin?.Arg ?? first.Arg, RootedPath.Of(reference.Path, from)!.Value.Clean());
    }

    private static string NameOf(string path, FileSource first) => path is ['/', ..] ? path : first.Name[..(first.Name.LastIndexOf('/') + 1)] + path;
}
