using Tallyman.Agent.Model;

namespace Tallyman.Agent.Tests.Rules;

/// <summary>A command line that T1610's expressions read as the tool does.</summary>
/// <param name="IsForBoth">Whether T1059.013's do so too, which know fewer spellings.</param>
internal sealed record CommonLine(string[] Argv, bool IsForBoth);

/// <summary>
/// Makes command lines in the spellings that the published expressions know: flags in front of the image, one use of what
/// may be given once, and the words that they look for nowhere but where they mean it.
/// </summary>
internal sealed class CommonDomain(Random random)
{
    // At most one of each row may stand in a line: of a flag that counts once, the tool and the expressions choose differently.
    private static readonly string[][] Single =
    [
        ["--net=host", "--net=bridge", "--network=host", "--network=bridge", "--network none"],
        ["--pid=host", "--pid=container:web"],
        ["--ipc=host", "--ipc=private", "--ipc shareable"],
        ["--privileged"],
        ["--name web"],
        ["--hostname node"],
        ["-w /srv"],
        ["--user 1000", "-u app"],
    ];

    private static readonly string[] Repeated =
    [
        "-v /:/host", "-v /:/host/root:ro", "-v /:/mnt", "-v /proc:/p", "-v /proc/sys:/sys:ro", "-v /dev:/d", "-v /dev/sda:/dev/sda", "-v /etc:/e",
        "-v /var/run/docker.sock:/var/run/docker.sock", "--volume /:/host", "-v data:/data", "-v /srv:/srv", "-v /home/ann:/host",
        "--cap-add=SYS_ADMIN", "--cap-add=NET_ADMIN", "--cap-add=ALL", "--cap-add=CHOWN", "--cap-drop=ALL",
        "--security-opt seccomp=unconfined", "--security-opt=seccomp=unconfined", "--security-opt apparmor=unconfined", "--security-opt no-new-privileges",
        "-e AWS_SECRET_ACCESS_KEY=x", "-e TOKEN", "-e KUBECONFIG=/k", "-e SECRET_NAME=y", "--env AWS_REGION=z", "--env TOKEN=1", "-e LANG=C", "--env HOME=/",
        "--rm", "-it", "--init", "--label a=b", "-p 8080:80", "--read-only", "--memory 1g",
    ];

    private static readonly string[] ExecFlags = ["--privileged", "-it", "-d", "-u 0", "-w /srv", "-e AWS_REGION=x", "-e TOKEN=y", "-e LANG=C", "--env AWS_KEY=z"];
    private static readonly string[] Inner = ["", "id", "sh", "sleep 60", "sh -ec id", "nsenter -t 1 -m sh", "chroot /host sh", "sh -c 'chroot /host id'", "env A=b nsenter -at1", "sudo chroot /host/ ls"];
    private static readonly string[] Images = ["alpine", "docker.io/library/nginx:1.29", "localhost:5000/a/b@sha256:0123"];
    private static readonly string[] Namespaces = ["", "-n kube-system", "--namespace=web", "-A", "--context lab"];
    private static readonly string[] Directories = ["", "", "/usr/bin/", "/usr/local/bin/", "./"];

    private static readonly Tool[] Tools = Enum.GetValues<Tool>();

    public CommonLine Next()
    {
        Tool tool = Tools[random.Next(Tools.Length)];
        string line = tool switch
        {
            Tool.Kubectl => Kubectl(),
            Tool.Crictl => Crictl(),
            Tool.Ctr => Ctr(),
            _ => Engine(),
        };

        return new CommonLine([Pick(Directories) + tool.Name(), .. ShellWords.Split(line)], IsForBoth(tool, line));
    }

    private static bool IsForBoth(Tool tool, string line)
    {
        bool isPrivileged = HasAny(line, "--privileged", "--cap-add=SYS_ADMIN", "--pid=host", "--net=host");
        bool mounts = HasAny(line, "-v /:/host", "-v /etc:/", "-v /var/run/docker.sock");
        bool isKnownCommand = tool switch
        {
            Tool.Docker => !line.StartsWith("create ", StringComparison.Ordinal),
            Tool.Ctr => line.StartsWith("run ", StringComparison.Ordinal),
            Tool.Kubectl or Tool.Crictl => true,
            _ => false,
        };

        // Each of them matters only if nothing else in the line raises the same part, or has the query look at the line.
        return (isPrivileged || !line.Contains("--network=host", StringComparison.Ordinal))
            && (mounts || !HasAny(line, "--volume /:", "-v /:/mnt"))
            && (isPrivileged || mounts || isKnownCommand || !HasAny(line, "nsenter", "chroot"));
    }

    private static bool HasAny(string line, params string[] texts) => texts.Any(text => line.Contains(text, StringComparison.Ordinal));

    /// <summary>docker, and what is made in its likeness.</summary>
    private string Engine() => random.Next(8) switch
    {
        0 => $"exec {Some(ExecFlags)} web {Pick(Inner)}",
        1 => Pick(["ps -a", "images", "pull alpine", "build -t x .", "cp web:/etc/hosts /tmp/hosts", "logs web", "volume ls"]),
        _ => $"{Pick(["run", "run -it", "run -d", "create"])} {RunFlags()} {Pick(Images)} {Pick(Inner)}",
    };

    private string Kubectl() => random.Next(7) switch
    {
        0 => $"exec {Pick(["", "-it", "-c app"])} {Pick(Namespaces[..3])} web -- {Pick(Inner[1..])}",
        1 => $"get {Pick(["secrets", "configmaps", "secrets x", "configmaps a b"])} {Pick(Namespaces)} {Pick(["", "-o yaml", "-w", "--output=name"])}",
        2 => $"get {Pick(["pods", "nodes", "deploy web", "svc"])} {Pick(Namespaces)}",
        3 => $"run x --image={Pick(Images)} {Pick(["", "--privileged"])} {Pick(["", "--env AWS_REGION=x", "--env TOKEN=y", "--env HOME=/"])} -- {Pick(Inner)}",
        4 => Pick(["apply -f -", "apply -f pod.yaml", "delete pod x", "create namespace x", "logs web", "describe pod x"]),
        5 => Pick(["port-forward svc/web 8080:80", "proxy", "config get-contexts", "top node"]),
        _ => $"create deployment x --image={Pick(Images)} -- {Pick(Inner[1..])}",
    };

    private string Crictl() => random.Next(3) switch
    {
        0 => Pick(["ps", "pods", "images", "inspect 0123"]),
        _ => $"exec {Pick(["", "-it", "-s"])} 0123 {Pick(Inner[1..])}",
    };

    private string Ctr() => random.Next(4) switch
    {
        0 => Pick(["images ls", "containers ls", "version"]),
        _ => $"run {Some(["--privileged", "--rm", "-d", "--env AWS_REGION=x", "--env TOKEN=y", "--env HOME=/"])} docker.io/library/alpine:3 x {Pick(Inner)}",
    };

    private string RunFlags()
    {
        List<string> flags = [.. Single.Where(_ => random.Next(3) == 0).Select(Pick)];
        for (int i = random.Next(5); i > 0; i--)
        {
            flags.Add(Pick(Repeated));
        }

        string[] shuffled = [.. flags];
        random.Shuffle(shuffled);
        return string.Join(' ', shuffled);
    }

    private string Some(string[] flags) => string.Join(' ', flags.Where(_ => random.Next(4) == 0));

    private string Pick(string[] from) => from[random.Next(from.Length)];
}
