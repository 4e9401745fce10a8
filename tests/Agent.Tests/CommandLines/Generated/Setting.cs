using System.Globalization;

namespace Tallyman.Agent.Tests.CommandLines.Generated;

/// <summary>How many lines are made, and from which seed.</summary>
internal static class Setting
{
    public static int Seed { get; } = Of("TALLYMAN_SEED", Environment.TickCount);

    public static int Lines { get; } = Of("TALLYMAN_LINES", 100_000);

    public static int ToolLines { get; } = Of("TALLYMAN_TOOL_LINES", 200);

    /// <summary>Argument vectors that go through the format of the audit log and back.</summary>
    public static int AuditVectors { get; } = Of("TALLYMAN_AUDIT_VECTORS", 5_000);

    /// <summary>Damaged lines of an audit log.</summary>
    public static int AuditLines { get; } = Of("TALLYMAN_AUDIT_LINES", 20_000);

    /// <summary>Executions that the real auditd and eBPF are compared by.</summary>
    public static int AuditExecutions { get; } = Of("TALLYMAN_AUDIT_EXECUTIONS", 1_000);

    /// <summary>Seconds for which the real auditd rotates its log under load.</summary>
    public static int AuditSeconds { get; } = Of("TALLYMAN_AUDIT_SECONDS", 5);

    private static int Of(string name, int otherwise) =>
        Environment.GetEnvironmentVariable(name) is string text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;
}
