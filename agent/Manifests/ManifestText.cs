using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Unicode;
using Tallyman.Agent.CommandLines.Sockets;
using Tallyman.Agent.Manifests.Formats;
using Tallyman.Agent.Model;
using Tallyman.Agent.Yaml;

namespace Tallyman.Agent.Manifests;

/// <summary>The text of a manifest -> what it asks for.</summary>
internal static class ManifestText
{
    /// <summary>Bytes that are read of a text.</summary>
    public const int LongestText = 1024 * 1024;

    /// <summary>What kubectl, crictl and podman make of YAML: sigs.k8s.io/yaml.</summary>
    private static readonly YamlOptions Kubernetes = YamlOptions.Untrusted with { Keys = YamlKeys.LastWinsSorted };

    /// <summary>Neither YAML nor JSON may hold them; tools refuse the rest of the text.</summary>
    private static readonly SearchValues<char> Controls = SearchValues.Create(
        [.. Enumerable.Range(0, 0x20).Except(['\t', '\n', '\r']).Append(0x7f).Select(static c => (char)c)]);

    /// <summary>Total: there is an answer for any bytes, in bounded time and memory.</summary>
    /// <param name="name">For evidence: "pod.yaml", "--overrides".</param>
    public static ManifestContent Read(ManifestFormat format, string name, ReadOnlyMemory<byte> content, ManifestContext context)
    {
        if (format == ManifestFormat.EngineRequest)
        {
            EngineRequest request = EngineRequest.Read($"{name}#1", content.Span);
            return new ManifestContent { Facts = request.Facts, Images = request.Image is string image ? [image] : [], Error = request.Error };
        }

        var reading = new ManifestReading(name, context);
        Read(reading, format, Decode(reading, content.Span), "");
        return reading.ToContent();
    }

    /// <summary>Reads a manifest that stands inside another one.</summary>
    /// <param name="start">What the paths in it begin with.</param>
    public static void Read(ManifestReading reading, ManifestFormat format, string text, string start)
    {
        if (format == ManifestFormat.EnvFile)
        {
            EnvFile.Read(reading, text);
            return;
        }

        if (format is ManifestFormat.Compose or ManifestFormat.ComposeBuild or ManifestFormat.ComposeStack)
        {
            new ComposeProject(reading, format, static _ => []).Read(ReadCompose(reading, text, reading.Context.Environment, static _ => null), ComposeSelection.All);
            return;
        }

        YamlContent content = Parse(format, text);
        for (int i = 0; i < content.Documents.Count; i++)
        {
            if (start.Length == 0)
            {
                reading.Document = i + 1;
            }

            Read(reading, format, content.Documents[i], start);
        }

        FailIf(content.Error, reading);
    }

    /// <summary>The documents of a compose file, with their variables put in.</summary>
    /// <param name="origin">What the nodes of a document are marked with, by its number from 1.</param>
    public static IReadOnlyList<YamlMapping> ReadCompose(
        ManifestReading reading, ReadOnlySpan<byte> content, Func<string, string?> environment, Func<int, ManifestOrigin?> origin) =>
        ReadCompose(reading, Decode(reading, content), environment, origin);

    private static YamlMapping[] ReadCompose(ManifestReading reading, string text, Func<string, string?> environment, Func<int, ManifestOrigin?> origin)
    {
        YamlContent content = YamlReader.Read(text, YamlOptions.Untrusted);
        FailIf(content.Error, reading);
        return [.. content.Documents.Select((document, i) => new Interpolation(reading, environment, origin(i + 1)).Apply(document)).OfType<YamlMapping>()];
    }

    private static void FailIf(YamlException? error, ManifestReading reading)
    {
        if (error is not null)
        {
            reading.Fail(string.Create(CultureInfo.InvariantCulture, $"line {error.Line}: {error.Message}"));
        }
    }

    private static void Read(ManifestReading reading, ManifestFormat format, YamlNode document, string start)
    {
        switch (format)
        {
            case ManifestFormat.Kubernetes or ManifestFormat.PodmanKube:
                KubernetesObject.Read(reading, Cursor.Root(document, start, inAnyCase: format == ManifestFormat.PodmanKube));
                break;
            case ManifestFormat.PodPatch:
                PodSpec.Read(reading, Cursor.Root(document, start));
                break;
            case ManifestFormat.KubernetesDebugged:
                Cursor debugged = Cursor.Root(document, start);
                if (debugged["kind"].Text == "Node")
                {
                    reading.Add(FactKind.NodeDebug, debugged["metadata"]["name"], debugged["metadata"]["name"].Text ?? "");
                }

                break;
            case ManifestFormat.KubernetesContainer:
                PodSpec.ReadContainer(reading, Cursor.Root(document, start));
                break;
            case ManifestFormat.KubernetesOverrides or ManifestFormat.KubernetesPatch or ManifestFormat.JsonPatch:
                KubernetesObject.ReadPatch(reading, Cursor.Root(document, start));
                break;
            case ManifestFormat.Kustomization:
                Kustomization.Read(reading, Cursor.Root(document, start));
                break;
            case ManifestFormat.CriPod or ManifestFormat.CriContainer:
                CriConfig.Read(reading, Cursor.Root(document, start, inAnyCase: true));
                break;
            case ManifestFormat.OciSpec:
                OciSpec.Read(reading, Cursor.Root(document, start, inAnyCase: true));
                break;
        }
    }

    private static YamlContent Parse(ManifestFormat format, string text) => format switch
    {
        ManifestFormat.KubernetesOverrides or ManifestFormat.OciSpec => ParseJson(text),
        _ when text.AsSpan().TrimStart() is ['{' or '[', ..] && ParseJson(text) is { Error: null } json => json,
        _ => YamlReader.Read(text, Kubernetes),
    };

    private static YamlContent ParseJson(string text) => YamlReader.ReadJson(Encoding.UTF8.GetBytes(text), YamlOptions.Untrusted);

    /// <summary>The text up to where no tool would read on. UTF-16 has its mark, all else is UTF-8.</summary>
    private static string Decode(ManifestReading reading, ReadOnlySpan<byte> content)
    {
        if (content.Length > LongestText)
        {
            reading.Fail(string.Create(CultureInfo.InvariantCulture, $"a manifest may be {LongestText:N0} bytes, is {content.Length:N0}"));
            content = content[..LongestText];
        }

        if (content is not ([0xff, 0xfe, ..] or [0xfe, 0xff, ..]) && !Utf8.IsValid(content))
        {
            reading.Fail("the text is not UTF-8");
        }

        string text = content switch
        {
            [0xff, 0xfe, .. var utf16] => Encoding.Unicode.GetString(utf16),
            [0xfe, 0xff, .. var utf16] => Encoding.BigEndianUnicode.GetString(utf16),
            [0xef, 0xbb, 0xbf, .. var utf8] => Encoding.UTF8.GetString(utf8),
            _ => Encoding.UTF8.GetString(content),
        };
        int end = text.AsSpan().IndexOfAny(Controls);
        if (end >= 0)
        {
            int line = text.AsSpan(0, end).Count('\n') + 1;
            reading.Fail(string.Create(CultureInfo.InvariantCulture, $"line {line}: control characters are not allowed"));
            text = text[..end];
        }

        return text;
    }
}
