using System.CommandLine;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Tallyman.Agent.Sources.Ebpf;
using Tallyman.Cli;

namespace Tallyman.Agent.Cli;

/// <summary><c>version</c>.</summary>
internal sealed class VersionCommand : Command, ICommandWithExamples
{
    private readonly Option<bool> _json = new("--json") { Description = "Answer in JSON, with what the program is made of" };

    public VersionCommand()
        : base("version", "Print version and commit")
    {
        Add(_json);
        SetAction(parsed => Console.WriteLine(parsed.GetValue(_json) ? Json() : ProgramVersion.Text));
    }

    public IReadOnlyList<string> Examples => ["tallyman version", "tallyman version --json | jq -r .bpf_sha256"];

    private static string Json()
    {
        var output = new MemoryStream();
        using (var json = new Utf8JsonWriter(output))
        {
            json.WriteStartObject();
            json.WriteString("version", ProgramVersion.Text);
            json.WriteString("runtime", RuntimeInformation.FrameworkDescription);
            json.WriteString("platform", RuntimeInformation.RuntimeIdentifier);
            json.WriteString("bpf_sha256", KernelProbe.Digest());
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(output.ToArray());
    }
}
