using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Tallyman.Agent.Native;

namespace Tallyman.Agent.Sources.Auditd;

/// <summary>Whether the kernel's rules have all executions written. What they lack is said as the administrator has to type it.</summary>
internal static class AuditRules
{
    // struct audit_rule_data of linux/audit.h: flags, action, field_count, then tables of 64 words.
    private const int Words = 64;
    private const int MaskAt = 3;
    private const int FieldsAt = MaskAt + Words;
    private const int ValuesAt = FieldsAt + Words;
    private const int OperatorsAt = ValuesAt + Words;
    private const int Size = 4 * (OperatorsAt + Words);

    private const uint FilterMask = 0xf; // without AUDIT_FILTER_PREPEND
    private const uint AUDIT_FILTER_TASK = 1;
    private const uint AUDIT_FILTER_EXIT = 4;
    private const uint AUDIT_FILTER_EXCLUDE = 5;
    private const uint AUDIT_NEVER = 0;
    private const uint AUDIT_ALWAYS = 2;
    private const uint AUDIT_ARCH = 11;
    private const uint AUDIT_MSGTYPE = 12;
    private const uint AUDIT_FILTERKEY = 210;
    private const uint AUDIT_EQUAL = 0x40000000;

    private static readonly Dictionary<uint, string> Needed = new() { [1300] = "SYSCALL", [1302] = "PATH", [1307] = "CWD", [1309] = "EXECVE" };

    /// <returns>Lines for a shell; null if the kernel may not be asked.</returns>
    public static IReadOnlyList<string>? TryFindMissing() =>
        AuditNetlink.Ask(AuditNetlink.AUDIT_LIST_RULES) is IReadOnlyList<byte[]> rules ? Missing(rules, RuntimeInformation.ProcessArchitecture) : null;

    /// <param name="rules">Each a struct audit_rule_data.</param>
    public static IReadOnlyList<string> Missing(IReadOnlyList<byte[]> rules, Architecture architecture)
    {
        (string Name, uint Architecture, (string Name, int Number)[] Calls)[] wanted = architecture == Architecture.Arm64
            ? [("b64", 0xc00000b7, [("execve", 221), ("execveat", 281)]), ("b32", 0x40000028, [("execve", 11), ("execveat", 387)])]
            : [("b64", 0xc000003e, [("execve", 59), ("execveat", 322)]), ("b32", 0x40000003, [("execve", 11), ("execveat", 358)])];
        byte[][] whole = [.. rules.Where(static rule => rule.Length >= Size)];
        var lines = new List<string>();
        if (whole.Any(static rule => IsNever(rule, AUDIT_FILTER_TASK) && Word(rule, 2) == 0))
        {
            lines.Add("auditctl -d never,task"); // some distributions ship it; with it no process is audited
        }

        lines.AddRange(whole.Where(IsExcluding).Select(static rule =>
            $"auditctl -d {(Word(rule, 1) == AUDIT_NEVER ? "never" : "always")},exclude -F msgtype={Needed[Word(rule, ValuesAt)]}"));
        foreach ((string name, uint number, (string Name, int Number)[] calls) in wanted)
        {
            string[] missing = [.. calls.Where(call => !whole.Any(rule => Covers(rule, number, call.Number))).Select(static call => call.Name)];
            if (missing.Length > 0)
            {
                lines.Add($"auditctl -a always,exit -F arch={name} -S {string.Join(',', missing)} -k tallyman");
            }

            // The first rule that fits is the one that counts.
            string[] hidden = [.. calls.Where(call => IsHidden(whole, number, call.Number)).Select(static call => call.Name)];
            if (hidden.Length > 0)
            {
                lines.Add($"auditctl -A always,exit -F arch={name} -S {string.Join(',', hidden)} -k tallyman-first");
            }
        }

        if (whole.Any(static rule => IsNever(rule, AUDIT_FILTER_TASK) && Word(rule, 2) > 0))
        {
            lines.Add("auditctl -l | grep never,task # and auditctl -d for each");
        }

        return lines;
    }

    /// <summary>Whether a rule in front of that which has a call written may keep some of them away.</summary>
    private static bool IsHidden(byte[][] rules, uint architecture, int call) =>
        Array.FindIndex(rules, rule => Covers(rule, architecture, call)) is int first and >= 0
        && rules[..first].Any(rule => MayHide(rule, architecture, call));

    private static bool IsNever(byte[] rule, uint filter) => (Word(rule, 0) & FilterMask) == filter && Word(rule, 1) == AUDIT_NEVER;

    private static bool MayHide(byte[] rule, uint architecture, int call) =>
        IsNever(rule, AUDIT_FILTER_EXIT) && HasCall(rule, call)
        && !Fields(rule).Any(field => field.Type == AUDIT_ARCH && field.Operator == AUDIT_EQUAL && field.Value != architecture);

    /// <summary>Whether a rule keeps records away without which an execution is not whole; some people's rules do, to save room.</summary>
    private static bool IsExcluding(byte[] rule) =>
        (Word(rule, 0) & FilterMask) == AUDIT_FILTER_EXCLUDE && Word(rule, 2) == 1 // whether always or never
        && Word(rule, FieldsAt) == AUDIT_MSGTYPE && Word(rule, OperatorsAt) == AUDIT_EQUAL && Needed.ContainsKey(Word(rule, ValuesAt));

    /// <summary>Whether a rule has every such call written, whoever makes it.</summary>
    private static bool Covers(byte[] rule, uint architecture, int call) =>
        (Word(rule, 0) & FilterMask) == AUDIT_FILTER_EXIT && Word(rule, 1) == AUDIT_ALWAYS && HasCall(rule, call)
        && Fields(rule).All(field => field.Type == AUDIT_FILTERKEY || (field.Type == AUDIT_ARCH && field.Operator == AUDIT_EQUAL && field.Value == architecture));

    private static bool HasCall(byte[] rule, int call) => (Word(rule, MaskAt + (call / 32)) >> (call % 32) & 1) != 0;

    private static IEnumerable<(uint Type, uint Operator, uint Value)> Fields(byte[] rule) =>
        Enumerable.Range(0, (int)Math.Min(Words, Word(rule, 2))).Select(i => (Word(rule, FieldsAt + i), Word(rule, OperatorsAt + i), Word(rule, ValuesAt + i)));

    private static uint Word(byte[] rule, int index) => BinaryPrimitives.ReadUInt32LittleEndian(rule.AsSpan(4 * index));
}
