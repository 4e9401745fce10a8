using System.Text.Json;
using Tallyman.Agent.Model;

namespace Tallyman.Agent.CommandLines.Meanings;

/// <summary>Reads Meanings/*.json and hangs each meaning on its flags and commands; Meanings/README.md explains the fields.</summary>
internal static class MeaningReader
{
    /// <exception cref="InvalidDataException">A row names what the grammar does not have, or a kind that does not exist: a mistake in the repository.</exception>
    public static void AddTo(Grammar grammar, ReadOnlyMemory<byte> json)
    {
        using JsonDocument document = JsonDocument.Parse(json, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
        foreach (JsonElement row in document.RootElement.GetProperty("meanings").EnumerateArray())
        {
            Meaning meaning = MeaningOf(row, grammar.Tool);
            if (row.TryGetProperty("unless", out _))
            {
                meaning = new UnlessMeaning(meaning, [.. Texts(row, "unless")]);
            }

            foreach (string path in Texts(row, "on"))
            {
                foreach (GrammarCommand command in Find(grammar, path))
                {
                    Hang(meaning, command, row, isPattern: path.EndsWith('*'));
                }
            }
        }
    }

    /// <summary>The command of this path; a path that ends in * is all commands that begin so.</summary>
    private static GrammarCommand[] Find(Grammar grammar, string path)
    {
        GrammarCommand[] found = [.. grammar.Commands.Where(command =>
            path.EndsWith('*') ? command.Path.StartsWith(path[..^1], StringComparison.Ordinal) : command.Path == path)];
        return found.Length > 0 ? found : throw new InvalidDataException($"{grammar.Tool.Name()} has no command '{path}'");
    }

    private static void Hang(Meaning meaning, GrammarCommand command, JsonElement row, bool isPattern)
    {
        string[] flags = [.. Texts(row, "flag")];
        if (flags.Length == 0)
        {
            command.Meanings.Add(meaning);
            return;
        }

        foreach (string name in flags)
        {
            if (command.Long(name) is GrammarFlag flag)
            {
                if (!flag.Meanings.Contains(meaning))
                {
                    flag.Meanings.Add(meaning);
                }
            }
            else if (!isPattern)
            {
                throw new InvalidDataException($"'{command.Path}' has no flag --{name}");
            }
        }
    }

    private static Meaning MeaningOf(JsonElement row, Tool tool)
    {
        string kind = row.GetProperty("means").GetString()!;
        FactKind Fact(string property = "fact") => FactNames.Find(row.GetProperty(property).GetString()!)
            ?? throw new InvalidDataException($"there is no fact {row.GetProperty(property)}");
        string Text(string property, string otherwise = "") => row.TryGetProperty(property, out JsonElement text) ? text.GetString()! : otherwise;
        bool Is(string property) => row.TryGetProperty(property, out JsonElement value) && value.GetBoolean();
        int Number(string property) => row.GetProperty(property).GetInt32();

        return kind switch
        {
            "switch" => new SwitchMeaning(Fact(), Text("value")),
            "text" => new TextMeaning(Fact(), Text("prefix"))
            {
                Except = [.. Texts(row, "except")],
                Starts = Text("starts"),
                Contains = Text("contains"),
                Value = row.TryGetProperty("value", out _) ? Text("value") : null,
            },
            "file" => new FileMeaning(Fact()),
            "equals" => new EqualsMeaning(Fact(), Text("value"), Text("expected"), Is("any_case"), Is("list")),
            "always" => new AlwaysMeaning(Fact(), Text("value")),
            "positional" => new PositionalMeaning(Fact(), Number("place"), Is("and_following")),
            "image" => new ImageMeaning(),
            "manifest_option" => new ManifestOptionMeaning(Is("and_following")),
            "namespace" => new NamespaceMeaning(Fact(), Text("kind"), Is("any_case")),
            "docker_network" => new DockerNetworkMeaning(),
            "podman_network" => new PodmanNetworkMeaning(),
            "ctr_namespace" => new CtrNamespaceMeaning(),
            "volume" => new VolumeMeaning(tool),
            "docker_mount" => new DockerMountMeaning(),
            "podman_mount" => new PodmanMountMeaning(),
            "nerdctl_mount" => new NerdctlMountMeaning(),
            "ctr_mount" => new CtrMountMeaning(),
            "volume_options" => new VolumeOptionsMeaning(),
            "rootfs" => new RootfsMeaning(),
            "mounts" => new FixedMountMeaning(Text("source")),
            "capability" => new CapabilityMeaning(Is("list"), Is("prefixed")),
            "security_option" => new SecurityOptionMeaning(tool),
            "device" => new DeviceMeaning(Is("list")),
            "environment" => new EnvironmentMeaning(),
            "user" => new UserMeaning(),
            "copy" => new CopyMeaning(),
            "build_secret" => new BuildSecretMeaning(),
            "build_output" => new BuildOutputMeaning(),
            "bake_set" => new BakeSetMeaning(),
            "taken_file" => new TakenFileMeaning(row.TryGetProperty("place", out _) ? Number("place") : 0, Is("and_following")),
            "opened_address" => new OpenedAddressMeaning(),
            "kubernetes_resources" => new KubernetesResourcesMeaning(Text("shows") switch
            {
                "always" => KubernetesResourcesMeaning.Shows.Always,
                "by_output_format" => KubernetesResourcesMeaning.Shows.ByOutputFormat,
                "except_secrets" => KubernetesResourcesMeaning.Shows.ExceptSecrets,
                "only_by_output_format" => KubernetesResourcesMeaning.Shows.OnlyByOutputFormat,
                "never" => KubernetesResourcesMeaning.Shows.Never,
                string unknown => throw new InvalidDataException(
                    $"shows must be always, by_output_format, only_by_output_format, except_secrets or never, is '{unknown}'"),
            }),
            "kubernetes_raw" => new KubernetesRawMeaning(),
            "kubernetes_debug" => new KubernetesDebugMeaning(),
            "kubernetes_variables" => new KubernetesVariablesMeaning(),
            "kubernetes_images" => new KubernetesImagesMeaning(),
            "kubernetes_expose" => new KubernetesExposeMeaning(),
            "kubernetes_patched" => new KubernetesPatchedMeaning(),
            "kubernetes_role" => new KubernetesRoleMeaning(),
            "kubernetes_labels" => new KubernetesLabelsMeaning(),
            _ => throw new InvalidDataException($"there is no kind of meaning '{kind}'"),
        };
    }

    /// <summary>One text or a list of them; none if the property is not there.</summary>
    private static IEnumerable<string> Texts(JsonElement row, string property) =>
        !row.TryGetProperty(property, out JsonElement value) ? []
        : value.ValueKind == JsonValueKind.Array ? value.EnumerateArray().Select(static text => text.GetString()!)
        : [value.GetString()!];
}
