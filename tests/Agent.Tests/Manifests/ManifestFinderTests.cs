using Tallyman.Agent.CommandLines;
using Tallyman.Agent.Manifests;
using Tallyman.Agent.Manifests.Formats;
using Tallyman.Agent.Model;
using Xunit;

namespace Tallyman.Agent.Tests.Manifests;

public class ManifestFinderTests
{
    [Theory]
    [InlineData("kubectl apply -f a.yaml", "Kubernetes /w/a.yaml 3 Manifests")]
    [InlineData("kubectl create --filename=/x/a.json", "Kubernetes /x/a.json 2 Manifests")]
    [InlineData("kubectl apply -f a.yaml,../b -f c", "Kubernetes /w/a.yaml 3 Manifests; Kubernetes /w/../b 3 Manifests; Kubernetes /w/c 5 Manifests")]
    [InlineData("kubectl replace -R -f dir", "Kubernetes /w/dir 4 ManifestsBelow")]
    [InlineData("kubectl replace --recursive=false -f dir", "Kubernetes /w/dir 4 Manifests")]
    [InlineData("kubectl set image -f a.yaml web=nginx", "Kubernetes /w/a.yaml 4 Manifests")]
    [InlineData("kubectl apply -f - -f https://x/y.yaml", "Stdin - 3; Remote https://x/y.yaml 5")]
    [InlineData("kubectl apply -f /dev/fd/63", "Stdin /dev/fd/63 3")]
    [InlineData("kubectl apply -k base", "Kustomization /w/base 3 Kustomization")]
    [InlineData("kubectl apply -k github.com/o/r?ref=x", "Remote github.com/o/r?ref=x 3")]
    [InlineData("kubectl delete -f a.yaml", "")]
    [InlineData("kubectl get -f a.yaml", "")]
    [InlineData("kubectl apply -f a.yaml --nosuchflag", "Kubernetes /w/a.yaml 3 Manifests")]
    [InlineData("kubectl run x --image=i --overrides={}", "KubernetesOverrides --overrides {} 4")]
    [InlineData("kubectl run x --overrides {} --overrides [] --override-type json", "JsonPatch --overrides [] 6")]
    [InlineData("kubectl patch pod x -p {}", "KubernetesPatch --patch {} 5")]
    [InlineData("kubectl patch pod x --type=json -p []", "JsonPatch --patch [] 6")]
    [InlineData("kubectl patch pod x --patch-file p.yaml", "KubernetesPatch /w/p.yaml 5 Nothing")]
    [InlineData("kubectl debug x --image=i --custom c.json", "KubernetesContainer /w/c.json 5 Nothing")]
    [InlineData("docker compose -f a.yml -f ../b.yml up", "Compose /w/a.yml 3 Nothing project /w; Compose /b.yml 5 Nothing project /w")]
    [InlineData("docker compose -f d/a.yml -f b.yml run web", "Compose /w/d/a.yml 3 Nothing project /w/d; Compose /w/b.yml 5 Nothing project /w/d of web")]
    [InlineData("docker compose -f - up", "Stdin - 3")]
    [InlineData("docker compose -f link/../a.yml -f ././/c/../../../d.yml up", "Compose /w/a.yml 3 Nothing project /w; Compose /d.yml 5 Nothing project /w")]
    [InlineData("kubectl apply -f link/../a.yml", "Kubernetes /w/link/../a.yml 3 Manifests")]
    [InlineData("kubectl apply -k link/..", "Kustomization /w 3 Kustomization")]
    [InlineData("docker compose --project-directory /p -f a.yml up", "Compose /w/a.yml 5 Nothing project /p")]
    [InlineData("docker compose up", "project of /w")]
    [InlineData("docker-compose up", "project of /w")]
    [InlineData("docker compose --project-directory p up", "project of /w/p")]
    [InlineData("docker compose --profile debug up -d --scale db=0 --no-deps web", "project of /w of web +debug -db alone")]
    [InlineData("docker compose scale web=2 db=0", "project of /w of web db -db")]
    [InlineData("docker compose up --help", "")]
    [InlineData("docker stack deploy -c a.yml -c - s", "Stdin - 6; ComposeStack /w/a.yml 4 Nothing project /w")]
    [InlineData("kubectl debug -f node.yaml --image=busybox", "KubernetesDebugged /w/node.yaml 3 Nothing")]
    [InlineData("podman kube play --down p.yaml", "")]
    [InlineData("podman quadlet install x.container", "Invalid x.container 3")]
    [InlineData("docker compose -f a.yml build", "ComposeBuild /w/a.yml 3 Nothing project /w")]
    [InlineData("docker compose -f a.yml ps", "")]
    [InlineData("docker compose logs", "")]
    [InlineData("docker stack deploy -c a.yml,b.yml s", "ComposeStack /w/a.yml 4 Nothing project /w; ComposeStack /w/b.yml 4 Nothing project /w")]
    [InlineData("docker stack deploy -c - s", "Stdin - 4")]
    [InlineData("docker run --env-file e --env-file /f alpine", "EnvFile /w/e 3 Nothing; EnvFile /f 5 Nothing")]
    [InlineData("docker run alpine -f x", "")]
    [InlineData("nerdctl compose -f a.yml up", "Compose /w/a.yml 3 Nothing project /w")]
    [InlineData("nerdctl compose --project-directory p up", "project of /w/p")]
    [InlineData("podman kube play a.yml - https://x/b.yml", "PodmanKube /w/a.yml 3 Nothing; Stdin - 4; Remote https://x/b.yml 5")]
    [InlineData("podman play kube a.yml", "PodmanKube /w/a.yml 3 Nothing")]
    [InlineData("podman run --env-file e alpine", "EnvFile /w/e 3 Nothing")]
    [InlineData("crictl runp pod.json", "CriPod /w/pod.json 2 Nothing")]
    [InlineData("crictl create 1f73f ctr.json pod.json", "CriContainer /w/ctr.json 3 Nothing; CriPod /w/pod.json 4 Nothing")]
    [InlineData("crictl run --runtime r ctr.json pod.json", "CriContainer /w/ctr.json 4 Nothing; CriPod /w/pod.json 5 Nothing")]
    [InlineData("ctr run --config spec.json id", "OciSpec /w/spec.json 3 Nothing")]
    [InlineData("ctr containers create -config=/spec.json id", "OciSpec /spec.json 3 Nothing")]
    [InlineData("ctr sandboxes run spec.json id", "OciSpec /w/spec.json 3 Nothing")]
    public void Sources_are_what_the_tool_would_open(string line, string sources) =>
        Assert.Equal(sources, Find("/w", line));

    [Theory]
    [InlineData("a.yml:/x/b.yml", null, "Compose /w/a.yml -1 Nothing project /w; Compose /x/b.yml -1 Nothing project /w")]
    [InlineData("a.yml;b:c.yml", ";", "Compose /w/a.yml -1 Nothing project /w; Compose /w/b:c.yml -1 Nothing project /w")]
    [InlineData("", null, "project of /w")]
    public void Composes_variables_name_files_too(string files, string? separator, string sources) =>
        Assert.Equal(sources, Find("/w", "docker compose up", ("COMPOSE_FILE", files), ("COMPOSE_PATH_SEPARATOR", separator)));

    [Fact]
    public void A_named_file_goes_before_composes_variable() =>
        Assert.Equal("Compose /w/a.yml 3 Nothing project /w", Find("/w", "docker compose -f a.yml up", ("COMPOSE_FILE", "b.yml")));

    [Theory]
    [InlineData("kubectl apply -f a.yaml", "Gone a.yaml 3")]
    [InlineData("kubectl apply -f /a.yaml", "Kubernetes /a.yaml 3 Manifests")]
    [InlineData("docker compose up", "Gone compose.yaml -1")]
    public void Without_a_directory_relative_names_lead_nowhere(string line, string sources)
    {
        Assert.Equal(sources, Find("", line));
        Assert.Equal(sources, Find("…/deep", line));
    }

    [Fact]
    public void A_name_that_is_no_text_leads_nowhere()
    {
        var argv = Argv.FromArea("kubectl\0apply\0-f\0\xff.yaml\0"u8.ToArray().Select(static b => b == 0xc3 ? (byte)0xff : b).ToArray());
        Assert.Equal(@"Gone \xff\xbf.yaml 3", Show(Find(argv, "/w", static _ => null)));
    }

    private static string Find(string directory, string line, params (string Name, string? Value)[] environment) =>
        Show(Find(Argv.Of(line.Split(' ')), directory, name => environment.FirstOrDefault(variable => variable.Name == name).Value));

    private static IEnumerable<ManifestSource> Find(Argv argv, string directory, Func<string, string?> environment)
    {
        Invocation invocation = CommandLineReader.Read(Executables.OfPath(argv[0])!, argv, directory);
        return new ManifestFinder(invocation, argv, RootedPath.Of(HostText.Of(directory)), environment).Find();
    }

    private static string Show(ComposeSelection selection)
    {
        IEnumerable<string> words = [.. selection.Services, .. selection.Profiles.Select(static profile => $"+{profile}"), .. selection.Without.Select(static service => $"-{service}")];
        return (words.Any() ? $" of {string.Join(' ', words)}" : "") + (selection.IsAlone ? " alone" : "");
    }

    private static string Show(IEnumerable<ManifestSource> sources) => string.Join("; ", sources.Select(static source => source switch
    {
        FileSource file => $"{file.Format} {file.Path} {file.Arg} {file.InDirectory}",
        ArgumentSource argument => $"{argument.Format} {argument.Name} {argument.Text} {argument.Arg}",
        ComposeSource { Files: [] } compose => $"project of {compose.Directory}" + Show(compose.Selection),
        ComposeSource compose => string.Join("; ", compose.Files.Select(file => $"{file.Format} {file.Path} {file.Arg} {file.InDirectory} project {compose.Project ?? compose.Directory}")) + Show(compose.Selection),
        UnreachableSource unreachable => $"{unreachable.Reason} {unreachable.Name} {unreachable.Arg}",
        _ => "?",
    }));
}
