using Tallyman.Agent.Yaml;

namespace Tallyman.Agent.Manifests.Formats;

/// <summary>
/// A compose project: its files put over one another, with what they include and what services inherit, and of that the
/// services that a command is about.
/// </summary>
/// <param name="load">Reads other files that one names: their documents, none if they cannot be read.</param>
internal sealed class ComposeProject(ManifestReading reading, ManifestFormat format, Func<ComposeInclusion, IEnumerable<YamlMapping>> load)
{
    private const int Deepest = 5;

    /// <param name="documents">Of the files that make up the project, in their order.</param>
    public void Read(IEnumerable<YamlMapping> documents, ComposeSelection selection)
    {
        if (ComposeMerge.Together(documents) is not YamlMapping together)
        {
            return;
        }

        YamlMapping project = Included(together, 0);
        project = WithInheritance(project, project, 0);
        ComposeFile.Read(reading, Cursor.Root(project), format, selection);
    }

    /// <summary>The project over the projects that it includes.</summary>
    private YamlMapping Included(YamlMapping project, int depth)
    {
        YamlMapping? below = null;
        foreach (Cursor each in Cursor.Root(project)["include"].ItemsOrSelf)
        {
            Cursor paths = each.IsMapping ? each["path"] : each;
            string[] names = [.. paths.ItemsOrSelf.Select(static path => path.Text ?? "").Where(static path => path.Length > 0)];
            if (names.Length > 0 && depth < Deepest && ComposeMerge.Together(load(new ComposeInclusion(names, each.Origin)
            {
                Project = each["project_directory"].Text,
                Variables = [.. each["env_file"].ItemsOrSelf.Select(static file => file.Text ?? "")],
            })) is YamlMapping included)
            {
                below = ComposeMerge.Over(below, Included(included, depth + 1));
            }
        }

        return below is null ? project : ComposeMerge.Over(below, project);
    }

    /// <summary>Each service over the one that it extends.</summary>
    /// <param name="file">Where services without a file are to be found.</param>
    private YamlMapping WithInheritance(YamlMapping project, YamlMapping file, int depth)
    {
        if (project.Find("services") is not YamlMapping services)
        {
            return project;
        }

        YamlMapping inherited = services with
        {
            Entries = [.. services.Entries.Select(service => new KeyValuePair<YamlScalar, YamlNode>(service.Key, WithBase(service.Value, file, depth)))],
        };
        return project with { Entries = [.. project.Entries.Select(entry => entry.Key.Text == "services" ? new(entry.Key, inherited) : entry)] };
    }

    private YamlNode WithBase(YamlNode service, YamlMapping file, int depth)
    {
        Cursor extends = Cursor.Root(service)["extends"];
        if (service is not YamlMapping mapping || !extends.Exists || depth >= Deepest)
        {
            return service;
        }

        string? name = extends.IsMapping ? extends["service"].Text : extends.Text;
        YamlMapping? where = extends["file"].Text is { Length: > 0 } path ? ComposeMerge.Together(load(new ComposeInclusion([path], extends.Origin))) : file;
        if (where is null || name is null || Cursor.Root(where)["services"][name].Node is not YamlMapping found || ReferenceEquals(found, service))
        {
            return service;
        }

        YamlMapping below = (YamlMapping)WithBase(found, where, depth + 1);
        return ComposeMerge.Over(below with { Entries = [.. below.Entries.Where(static entry => entry.Key.Text is not ("depends_on" or "extends" or "profiles"))] }, mapping);
    }
}

/// <summary>Other files that a file of a project names: include, extends.</summary>
/// <param name="Paths">As they are written; the later ones go over the earlier.</param>
/// <param name="From">Where they are named.</param>
internal sealed record ComposeInclusion(IReadOnlyList<string> Paths, ManifestOrigin? From)
{
    /// <summary>Where its relative paths start from, as it is written; null for the directory of the first file.</summary>
    public string? Project { get; init; }

    /// <summary>Files of variables of its own, as they are written.</summary>
    public IReadOnlyList<string> Variables { get; init; } = [];
}
