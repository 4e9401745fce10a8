using System.Text;
using System.Text.Unicode;
using Tallyman.Agent.Manifests.Formats;
using Tallyman.Agent.Model;

namespace Tallyman.Agent.Manifests;

/// <summary>Tells which texts a command line names, and what they are to the tool. Looks at no file.</summary>
/// <param name="directory">The caller's current directory; null if it is not known.</param>
/// <param name="environment">Variables of the caller; null for what is not set or not known.</param>
internal sealed class ManifestFinder(Invocation invocation, Argv argv, RootedPath? directory, Func<string, string?> environment)
{
    /// <summary>Commands of kubectl that write the objects of a file, or ask what that would do. Others look at them or delete them.</summary>
    private static readonly string[] KubectlWrites = ["apply", "create", "replace", "patch", "diff", "auth reconcile", "debug"];

    /// <summary>Commands of compose that make containers or start them.</summary>
    private static readonly string[] ComposeStarts =
        ["compose up", "compose run", "compose create", "compose start", "compose restart", "compose scale", "compose watch"];

    public IEnumerable<ManifestSource> Find() => invocation.IsHelp ? [] : Manifests()
        .Concat(Of(FactKind.EnvFile).Select(file => SourceOf(ManifestFormat.EnvFile, file)));

    /// <summary>A name that is a URL to the tools: of a manifest, of a repository.</summary>
    public static bool IsRemote(string name) =>
        name.Contains("://", StringComparison.Ordinal) || name.StartsWith("git@", StringComparison.Ordinal)
        || name.StartsWith("git::", StringComparison.Ordinal) || name.StartsWith("github.com/", StringComparison.Ordinal);

    private IEnumerable<ManifestSource> Manifests() => (invocation.Tool, invocation.Command) switch
    {
        (Tool.Kubectl, _) => KubectlFiles().Concat(KubectlArguments()),
        (Tool.Docker, "stack deploy") => StackFiles(),
        (Tool.Docker or Tool.Nerdctl, string command) when ComposeStarts.Contains(command) => ComposeFiles(ManifestFormat.Compose),
        (Tool.Docker or Tool.Nerdctl, "compose build") => ComposeFiles(ManifestFormat.ComposeBuild),
        (Tool.Podman, "kube play") when Option("down") is not null => [],
        (Tool.Podman, "quadlet install") => Of(FactKind.Manifest).Select(static file =>
            new UnreachableSource(file.Value, file.Arg, IsRemote(file.Value) ? Unread.Remote : Unread.Invalid)),
        (Tool.Podman, "kube play" or "kube apply") => Of(FactKind.Manifest).Select(file => SourceOf(ManifestFormat.PodmanKube, file)),
        (Tool.Crictl, "runp") => Of(FactKind.Manifest).Select(file => SourceOf(ManifestFormat.CriPod, file)),
        (Tool.Crictl, "create" or "run") => Of(FactKind.Manifest)
            .Select((file, place) => SourceOf(place == 0 ? ManifestFormat.CriContainer : ManifestFormat.CriPod, file)),
        (Tool.Ctr, "run" or "containers create" or "sandboxes run") => Of(FactKind.Manifest).Select(file => SourceOf(ManifestFormat.OciSpec, file)),
        (Tool tool, _) when tool.IsSocketClient() => Of(FactKind.Manifest).Select(file => SourceOf(ManifestFormat.EngineRequest, file)),
        _ => [],
    };

    /// <summary>docker stack deploy knows no project: no .env, no profiles, and relative paths start from the first file.</summary>
    private IEnumerable<ManifestSource> StackFiles()
    {
        ManifestSource[] files = [.. Of(FactKind.Manifest).Select(file => SourceOf(ManifestFormat.ComposeStack, file))];
        FileSource[] found = [.. files.OfType<FileSource>()];
        return found.Length == 0 ? files
            : files.Where(static file => file is not FileSource).Append(new ComposeSource(ManifestFormat.ComposeStack, found, found[0].Path.Parent) { Variables = [] });
    }

    private IEnumerable<ManifestSource> KubectlFiles()
    {
        if (!KubectlWrites.Contains(invocation.Command) && !invocation.Command.StartsWith("set ", StringComparison.Ordinal))
        {
            yield break;
        }

        if (invocation.Command == "debug")
        {
            foreach (Fact file in Of(FactKind.Manifest))
            {
                yield return SourceOf(ManifestFormat.KubernetesDebugged, file);
            }

            yield break;
        }

        InDirectory below = Option("recursive") is null ? InDirectory.Manifests : InDirectory.ManifestsBelow;
        int kustomization = Option("kustomize")?.Arg ?? -1;
        foreach (Fact file in Of(FactKind.Manifest))
        {
            yield return file.Arg == kustomization
                ? SourceOf(ManifestFormat.Kustomization, file, InDirectory.Kustomization)
                : SourceOf(ManifestFormat.Kubernetes, file, below);
        }
    }

    private IEnumerable<ManifestSource> KubectlArguments()
    {
        if (Option("overrides") is ManifestOption overrides)
        {
            bool isJsonPatch = Option("override-type") is ManifestOption type && type.Value == HostText.Of("json");
            yield return new ArgumentSource(isJsonPatch ? ManifestFormat.JsonPatch : ManifestFormat.KubernetesOverrides, "--overrides", overrides.Arg, overrides.Value);
        }

        ManifestFormat patchFormat = Option("type") is ManifestOption patchType && patchType.Value == HostText.Of("json")
            ? ManifestFormat.JsonPatch
            : ManifestFormat.KubernetesPatch;
        if (Option("patch") is ManifestOption patch)
        {
            yield return new ArgumentSource(patchFormat, "--patch", patch.Arg, patch.Value);
        }

        if (Option("patch-file") is ManifestOption patchFile)
        {
            yield return SourceOf(patchFormat, new Fact(FactKind.Manifest, patchFile.Value.ToString(), patchFile.Arg));
        }

        if (Option("custom") is ManifestOption custom)
        {
            yield return SourceOf(ManifestFormat.KubernetesContainer, new Fact(FactKind.Manifest, custom.Value.ToString(), custom.Arg));
        }
    }

    /// <summary>Those that -f names, or else COMPOSE_FILE, or else those that lie there.</summary>
    private IEnumerable<ManifestSource> ComposeFiles(ManifestFormat format)
    {
        RootedPath? project = (Option("project-directory") ?? Option("workdir")) is ManifestOption given ? RootedPath.Of(given.Value.ToString(), directory)?.Clean() : null;
        ManifestSource[] files = [.. Of(FactKind.Manifest).Select(file => SourceOf(format, file))];
        if (files.Length == 0)
        {
            files = [.. ComposeFilesOf(environment).Select(name => SourceOf(format, new Fact(FactKind.Manifest, name)))];
        }

        foreach (ManifestSource unreachable in files.Where(static file => file is not FileSource))
        {
            yield return unreachable;
        }

        FileSource[] found = [.. files.OfType<FileSource>()];
        if (found.Length > 0 || files.Length == 0)
        {
            // The first file says where the project is.
            RootedPath? start = project ?? found.FirstOrDefault()?.Path.Parent ?? directory;
            yield return start is RootedPath place
                ? new ComposeSource(format, found, place) { Project = project, Variables = VariablesOfCompose(), Selection = SelectionOfCompose() }
                : new UnreachableSource("compose.yaml", -1, Unread.Gone);
        }
    }

    /// <summary>The files that compose's variable names.</summary>
    public static IEnumerable<string> ComposeFilesOf(Func<string, string?> environment)
    {
        string separator = environment("COMPOSE_PATH_SEPARATOR") is { Length: > 0 } other ? other : ":";
        return environment("COMPOSE_FILE") is { Length: > 0 } names ? names.Split(separator) : [];
    }

    /// <summary>compose's --env-file, or what its variables say; null for the project's own.</summary>
    private RootedPath[]? VariablesOfCompose()
    {
        string[] names = [.. Options("env-file")];
        names = names.Length > 0 ? names
            : environment("COMPOSE_ENV_FILES") is { Length: > 0 } listed ? listed.Split(',')
            : names;
        return names.Length == 0 ? null : [.. names.Select(name => RootedPath.Of(name, directory)).OfType<RootedPath>()];
    }

    private ComposeSelection SelectionOfCompose()
    {
        string[] scaled = [.. Options("scale")];
        string[] services = [.. Options("")];
        scaled = invocation.Command == "compose scale" ? services : scaled;
        return new ComposeSelection(
            [.. services.Select(static service => service.Split('=')[0])],
            [.. Options("profile").Concat((environment("COMPOSE_PROFILES") ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries))])
        {
            Without = [.. scaled.Where(static scale => scale.EndsWith("=0", StringComparison.Ordinal)).Select(static scale => scale[..^2])],
            IsAlone = Option("no-deps") is not null,
        };
    }

    private ManifestSource SourceOf(ManifestFormat format, Fact file, InDirectory inDirectory = InDirectory.Nothing)
    {
        string name = file.Value;
        if (name == "-" || IsDescriptor(name))
        {
            return new UnreachableSource(name, file.Arg, Unread.Stdin);
        }

        if (IsRemote(name))
        {
            return new UnreachableSource(name, file.Arg, Unread.Remote);
        }

        // The text of a name that is no UTF-8 is escaped, and leads nowhere.
        return (file.Arg < 0 || Utf8.IsValid(argv[file.Arg])) && RootedPath.Of(name, directory) is RootedPath path
            ? new FileSource(format, name, file.Arg, format is ManifestFormat.Compose or ManifestFormat.ComposeBuild or ManifestFormat.ComposeStack or ManifestFormat.Kustomization ? path.Clean() : path) { InDirectory = inDirectory }
            : new UnreachableSource(name, file.Arg, Unread.Gone);
    }

    /// <summary>A file that each process has its own of: what a shell makes of &lt;(…), and other names of standard input.</summary>
    private static bool IsDescriptor(string name) =>
        name == "/dev/stdin" || name.StartsWith("/dev/fd/", StringComparison.Ordinal) || name.StartsWith("/proc/self/fd/", StringComparison.Ordinal);

    private IEnumerable<Fact> Of(FactKind kind) => invocation.Facts.Where(fact => fact.Kind == kind);

    private IEnumerable<string> Options(string flag) =>
        invocation.ManifestOptions.Where(option => option.Flag == flag).Select(static option => option.Value.ToString());

    private ManifestOption? Option(string flag) => invocation.ManifestOptions.LastOrDefault(option => option.Flag == flag);
}
