using System.Reflection;
using Tallyman.Agent.CommandLines.Meanings;
using Tallyman.Agent.Model;

namespace Tallyman.Agent.CommandLines;

/// <summary>The grammars of the six tools with the meanings of their flags, each read from its files when first asked for.</summary>
internal static class Grammars
{
    private static readonly Lazy<Grammar>[] All = [.. ToolNames.ContainerTools.Select(static tool => new Lazy<Grammar>(() => Load(tool)))];

    public static Grammar Of(Tool tool) => All[(int)tool].Value;

    private static Grammar Load(Tool tool)
    {
        Grammar grammar = GrammarReader.Read(tool, Resource($"Grammars/{tool.Name()}.json"));
        MeaningReader.AddTo(grammar, Resource($"Meanings/{tool.Name()}.json"));
        return grammar;
    }

    private static byte[] Resource(string name)
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"the program lacks its own {name}");
        byte[] bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
