using System.Diagnostics;
using System.Text.Json;
using Tallyman.Agent.Alerts;
using Tallyman.Agent.CommandLines;
using Tallyman.Agent.Manifests;
using Tallyman.Agent.Model;
using Tallyman.Agent.Rules;
using Tallyman.Agent.Sources;
using Tallyman.Agent.Tests.Sources.Ebpf;
using Tallyman.Rendering;
using Xunit;

namespace Tallyman.Agent.Tests.Manifests;

/// <summary>From an execution on this kernel to an alert that says what its manifest asks for.</summary>
public sealed class EbpfManifestTests : EbpfExecFixture
{
    private const string Pod = """
        apiVersion: v1
        kind: Pod
        metadata: {name: x}
        spec:
          containers:
          - name: x
            image: alpine
            securityContext: {privileged: true}
        """;

    [KernelFact]
    public async Task A_manifest_of_a_process_that_has_ended_raises_an_alert()
    {
        string kubectl = CopyOfTrue("kubectl");
        await File.WriteAllTextAsync(Temporary.File("pod.yaml"), Pod);
        Start();
        Process.Start(new ProcessStartInfo(kubectl, ["apply", "-f", "pod.yaml"]) { WorkingDirectory = Temporary.Path })!.WaitForExit();

        JsonElement alert = await AlertOfAsync("pod.yaml");
        Assert.True(alert.GetProperty("alert").GetBoolean());
        Assert.Equal("alpine", alert.GetProperty("image").GetString());
        JsonElement reason = alert.GetProperty("indicators").EnumerateArray().Single(static each => each.GetProperty("id").GetString() == "PRIVILEGED");
        Assert.Equal("pod.yaml#1 spec.containers[0].securityContext.privileged", reason.GetProperty("evidence").GetString());
        Assert.Equal(3, reason.GetProperty("arg").GetInt32());
        JsonElement manifest = Assert.Single(alert.GetProperty("manifests").EnumerateArray());
        Assert.Equal(("pod.yaml", 3, 64), (manifest.GetProperty("name").GetString(), manifest.GetProperty("arg").GetInt32(), manifest.GetProperty("sha256").GetString()!.Length));
        Assert.False(manifest.TryGetProperty("unread", out _));
    }

    [KernelFact]
    public async Task A_user_who_may_not_read_a_manifest_raises_none()
    {
        string kubectl = CopyOfTrue("kubectl");
        await File.WriteAllTextAsync(Temporary.File("pod.yaml"), Pod);
        File.SetUnixFileMode(Temporary.File("pod.yaml"), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.SetUnixFileMode(Temporary.Path, (UnixFileMode)0b111_101_101);
        Start();
        Run("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", kubectl, "apply", "-f", Temporary.File("pod.yaml"));

        JsonElement answer = await AlertOfAsync(Temporary.File("pod.yaml"));
        Assert.Equal("not_allowed", answer.GetProperty("manifests")[0].GetProperty("unread").GetString());
        Assert.DoesNotContain("PRIVILEGED", answer.GetProperty("suspicious_flags").EnumerateArray().Select(static each => each.GetString()));
    }

    [KernelFact]
    public async Task A_process_that_has_left_its_directory_outside_of_its_root_gets_no_decoy_read()
    {
        string jail = Directory.CreateDirectory(Temporary.File("jail")).FullName;
        foreach (string file in Libraries("/bin/true").Append("/bin/true"))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(jail + file)!);
            File.Copy(file, file == "/bin/true" ? jail + "/bin/kubectl" : jail + file);
        }

        Directory.CreateDirectory(jail + Temporary.Path);
        await File.WriteAllTextAsync(jail + Temporary.File("pod.yaml"), "kind: ConfigMap");
        await File.WriteAllTextAsync(Temporary.File("pod.yaml"), Pod);
        Start();
        Process.Start(new ProcessStartInfo("perl", ["-e", "chroot shift or die; exec @ARGV", jail, "/bin/kubectl", "apply", "-f", "pod.yaml"]) { WorkingDirectory = Temporary.Path })!.WaitForExit();

        JsonElement answer = await AlertOfAsync("pod.yaml");
        Assert.Equal("(unreachable)" + Temporary.Path, answer.GetProperty("cwd").GetString());
        Assert.Equal("gone", answer.GetProperty("manifests")[0].GetProperty("unread").GetString());
    }

    private async Task<JsonElement> AlertOfAsync(string word)
    {
        ExecEvent exec = await EventOfAsync(exec => Words(exec).Contains(word));
        Invocation invocation = await new ManifestReader(new ProcFs(), Counters, new TimeAtWill()).ReadAsync(CommandLineReader.Read(exec), exec);
        var alert = new Alert("id", exec, invocation, RuleSet.Shipped("default").Judge(invocation));
        return JsonDocument.Parse(AlertJson.Write(AlertMessage.Of(alert, Some.Host))).RootElement;
    }

    private static IEnumerable<string> Libraries(string program) =>
        from part in Programs.Run("ldd", program).Output.Split([' ', '\t', '\n'], StringSplitOptions.RemoveEmptyEntries)
        where part.StartsWith('/')
        select part;
}
