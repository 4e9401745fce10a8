using System.Text;
using Tallyman.Agent.Alerts;
using Tallyman.Agent.Manifests;
using Tallyman.Agent.Model;
using Xunit;

namespace Tallyman.Agent.Tests.Manifests.Formats;

/// <summary>Manifests in tests: read, and their facts as an answer shows them.</summary>
internal static class Manifest
{
    public static ManifestContent Read(ManifestFormat format, string text, params string[] environment) =>
        Read(format, Encoding.UTF8.GetBytes(text), environment);

    public static ManifestContent Read(ManifestFormat format, ReadOnlyMemory<byte> text, params string[] environment)
    {
        Dictionary<string, string> variables = environment.Select(static each => each.Split('=', 2)).ToDictionary(static each => each[0], static each => each[1]);
        return ManifestText.Read(format, "file", text, new ManifestContext("/srv/app", name => variables.GetValueOrDefault(name)));
    }

    public static string Facts(ManifestFormat format, string text, params string[] environment)
    {
        ManifestContent content = Read(format, text, environment);
        Assert.Null(content.Error);
        return FactsOf(content);
    }

    /// <summary>Sorted and complete, in the vocabulary of docs/facts.md.</summary>
    public static string FactsOf(ManifestContent content) =>
        string.Join(' ', FactReport.Of(new Invocation(Tool.Docker, "") { Facts = content.Facts }));
}
