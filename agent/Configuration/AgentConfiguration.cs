using System.Collections.Immutable;
using Tallyman.Agent.Yaml;

namespace Tallyman.Agent.Configuration;

/// <summary>A value that somebody has set.</summary>
/// <param name="Texts">One, or several for a list.</param>
/// <param name="Origin">Where: file:line, the name of a variable or of a flag.</param>
internal sealed record Given(ImmutableArray<string> Texts, string Origin);

/// <summary>An entry under <c>exceptions:</c>, to be read by those who know what that is.</summary>
internal sealed record GivenException(YamlNode Node, string File);

/// <summary>What the agent is to do, from all places where that may be said; for each value it is known which.</summary>
/// <param name="Files">That were read, in the order in which they count.</param>
/// <param name="Digest">Of them.</param>
internal sealed record AgentConfiguration(
    ImmutableDictionary<string, Given> Values, ImmutableArray<GivenException> Exceptions, ImmutableArray<string> Files, string Digest)
{
    public const string Default = "default";

    /// <summary>The value; null where there is neither one nor a default.</summary>
    public T? Of<T>(Setting<T> setting) => setting.Read(Values.GetValueOrDefault(setting.Path)?.Texts);

    public ImmutableArray<string> Of(ListSetting setting) => Values.GetValueOrDefault(setting.Path)?.Texts ?? [];

    /// <summary>Where a value comes from; "default" if nobody has set it.</summary>
    public string OriginOf(Setting setting) => Values.GetValueOrDefault(setting.Path)?.Origin ?? Default;
}
