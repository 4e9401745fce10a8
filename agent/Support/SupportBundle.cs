using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Tallyman.Agent.Configuration;
using Tallyman.Agent.Local;
using Tallyman.Agent.Rules;
using Tallyman.Agent.Yaml;

namespace Tallyman.Agent.Support;

/// <summary>Where the agent is whose state is to be told.</summary>
/// <param name="Config">The only file of settings; null for those of the system.</param>
/// <param name="Socket">Where it answers.</param>
internal sealed record SupportPlaces(string? Config, string State, string RulesDirectory, string Socket);

/// <summary>
/// What somebody who is far away must know to help with the agent of this host. Each part is collected by itself: one that cannot be had
/// says why and keeps no other from being there.
/// </summary>
/// <param name="program">This program, which tells most of it.</param>
/// <param name="journal">journalctl(1).</param>
internal sealed class SupportBundle(SupportPlaces places, BundleText text, OtherProgram program, OtherProgram journal)
{
    /// <summary>What is never in it.</summary>
    public const string LeftOut =
        "alerts and what else waits in the spool, command lines of other programs, certificates and keys, the key of redaction, the environment except for the agent's own settings";

    private const string Unit = "tallyman";
    private const string JournalLines = "500";

    private string? _status;

    public async Task<ImmutableArray<BundleFile>> CollectAsync(CancellationToken cancel)
    {
        var files = ImmutableArray.CreateBuilder<BundleFile>();
        foreach (Part part in Parts())
        {
            files.Add(await CollectAsync(part, cancel));
        }

        return files.ToImmutable();
    }

    /// <summary>In the order in which one reads them.</summary>
    private IEnumerable<Part> Parts()
    {
        string[] config = places.Config is null ? [] : ["--config", places.Config];
        yield return new Part("version.json", "this program", cancel => program.RunAsync(["version", "--json"], cancel));
        yield return new Part("check.txt", "the answer of \"tallyman check\"", cancel => program.RunAsync(["check", .. config, "--state", places.State], cancel));
        yield return new Part("status.json", "the running agent, with all its counters", async cancel => _status = await AskAsync("/status", cancel));
        yield return new Part("metrics.txt", "its metrics", cancel => AskAsync("/metrics", cancel));
        yield return new Part("process.txt", "its process: user, capabilities, limits, flags", _ => Task.FromResult(HostFacts.Process(PidOfAgent(), static variable => variable.StartsWith(Setting.VariablePrefix, StringComparison.Ordinal))));
        yield return new Part("journal.txt", $"its last {JournalLines} messages in the journal", cancel => journal.RunAsync(["--unit", Unit, "--lines", JournalLines, "--no-pager", "--output", "short-iso-precise"], cancel)) { IsLog = true };
        yield return new Part("spool.txt", "how much waits, in numbers", cancel => program.RunAsync(["spool", "inspect", "--state", places.State], cancel));
        yield return new Part("configuration.txt", "what is in force, and where it comes from", cancel => program.RunAsync(["config", "show", "--origin", .. config], cancel));
        foreach (Part file in FilesOf("file of settings", ConfigurationPlaces.Of(places.Config).Present).Concat(FilesOf("file of rules", () => SiteRules.FilesIn(places.RulesDirectory, []))))
        {
            yield return file;
        }

        yield return new Part("host.txt", "kernel and host", static _ => Task.FromResult(HostFacts.Host()));
    }

    private static Part[] FilesOf(string what, Func<ImmutableArray<string>> find)
    {
        try
        {
            return [.. find().Select(file => new Part($"files{file}", what, _ => Task.FromResult(Encoding.UTF8.GetString(YamlFile.Read(file)))) { IsYaml = true })];
        }
        catch (ConfigurationException e)
        {
            return [new Part("files", what, _ => Task.FromException<string>(e))];
        }
    }

    private async Task<BundleFile> CollectAsync(Part part, CancellationToken cancel)
    {
        string name = text.Of(part.Name).Replace('\n', '_');
        try
        {
            string content = await part.Read(cancel);
            return new BundleFile(name, part.What, part.IsYaml ? text.OfYaml(content) : text.Of(content, part.IsLog), IsMissing: false);
        }
        catch (Exception e) when (!cancel.IsCancellationRequested)
        {
            return new BundleFile(name, part.What, $"not there: {text.Of(e.Message)}\n", IsMissing: true);
        }
    }

    private async Task<string> AskAsync(string path, CancellationToken cancel)
    {
        try
        {
            (int status, string body) = await LocalClient.GetAsync(places.Socket, path, cancel);
            return status == 200 ? body : throw new IOException($"the agent answers {status}: {body}");
        }
        catch (HttpRequestException e)
        {
            throw new IOException($"no agent answers at {places.Socket}: {(File.Exists(places.Socket) ? (e.InnerException ?? e).Message : "there is no such socket that this user can see")}");
        }
    }

    private int PidOfAgent()
    {
        using JsonDocument page = JsonDocument.Parse(_status ?? throw new IOException("no agent answers, so that its process is not known"));
        return page.RootElement.GetProperty("pid").GetInt32();
    }

    /// <param name="Read">Throws if it cannot be had.</param>
    private sealed record Part(string Name, string What, Func<CancellationToken, Task<string>> Read)
    {
        public bool IsLog { get; init; }

        public bool IsYaml { get; init; }
    }
}
