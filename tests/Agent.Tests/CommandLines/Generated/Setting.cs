using System.Globalization;

namespace Tallyman.Agent.Tests.CommandLines.Generated;

/// <summary>How many lines are made, and from which seed.</summary>
internal static class Setting
{
    public static int Seed { get; } = Of("TALLYMAN_SEED", Environment.TickCount);

    public static int Lines { get; } = Of("TALLYMAN_LINES", 100_000);

    public static int ToolLines { get; } = Of("TALLYMAN_TOOL_LINES", 200);

    private static int Of(string name, int otherwise) =>
        Environment.GetEnvironmentVariable(name) is string text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;
}
