using System.Text.RegularExpressions;

namespace Tallyman.Agent.Tests.Packaging;

/// <summary>A unit of packaging/systemd, and what systemd makes of it.</summary>
internal sealed partial class SystemdUnit(string name)
{
    private readonly string[] _lines = File.ReadAllLines(Repository.Path($"packaging/systemd/{name}.service"));

    /// <summary>Why tests of units cannot run; null if they can.</summary>
    public static string? WhyNot { get; } = File.Exists("/usr/bin/systemd-analyze") ? null : "there is no systemd-analyze: Debian's package systemd has it";

    /// <summary>All words that a setting has, over several lines.</summary>
    public string[] Words(string setting) =>
        [.. _lines.Where(line => line.StartsWith(setting + "=", StringComparison.Ordinal)).SelectMany(line => line[(setting.Length + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries))];

    /// <summary>A copy that names a program which is there, and no manual, which is not installed.</summary>
    public string WriteFor(string program, string directory)
    {
        string path = Path.Combine(directory, $"{name}.service");
        File.WriteAllLines(path, _lines.Where(static line => !line.StartsWith("Documentation=", StringComparison.Ordinal)).Select(line => line.Replace($"/usr/bin/{name}", program, StringComparison.Ordinal)));
        return path;
    }

    /// <summary>Numbers of the system calls that the filter lets through on this machine.</summary>
    public IEnumerable<int> AllowedSystemCalls()
    {
        Dictionary<string, int> numbers = NumberPattern().Matches(File.ReadAllText(Headers())).ToDictionary(static match => match.Groups[1].Value, static match => int.Parse(match.Groups[2].Value, System.Globalization.CultureInfo.InvariantCulture));
        Dictionary<string, string[]> sets = Sets();
        var allowed = new HashSet<string>(Expand("@default"));
        foreach (string line in _lines.Where(static line => line.StartsWith("SystemCallFilter=", StringComparison.Ordinal)).Select(static line => line["SystemCallFilter=".Length..]))
        {
            bool isDenied = line.StartsWith('~');
            foreach (string call in line.TrimStart('~').Split(' ').SelectMany(Expand))
            {
                _ = isDenied ? allowed.Remove(call) : allowed.Add(call);
            }
        }

        return allowed.Where(numbers.ContainsKey).Select(call => numbers[call]);

        IEnumerable<string> Expand(string word) => word[0] == '@' ? sets[word].SelectMany(Expand) : [word];
    }

    private static Dictionary<string, string[]> Sets()
    {
        var sets = new Dictionary<string, string[]>();
        foreach (string set in Programs.Run("systemd-analyze", "syscall-filter", "--no-pager").Output.Split("\n\n").Where(static set => set.StartsWith('@')))
        {
            string[] lines = set.Split('\n');
            sets[lines[0].Trim()] = [.. lines.Skip(1).Select(static line => line.Trim()).Where(static line => line.Length > 0 && line[0] != '#')];
        }

        return sets;
    }

    private static string Headers() => new[] { "/usr/include/asm/unistd_64.h", "/usr/include/x86_64-linux-gnu/asm/unistd_64.h", "/usr/include/asm-generic/unistd.h" }.First(File.Exists);

    [GeneratedRegex("#define __NR_([a-z0-9_]+) ([0-9]+)")]
    private static partial Regex NumberPattern();
}

/// <summary>A test that needs systemd's tools.</summary>
public sealed class SystemdFactAttribute : Xunit.FactAttribute
{
    public SystemdFactAttribute() => Skip = SystemdUnit.WhyNot ?? KernelFactAttribute.Reason;
}

/// <summary>The same for a table.</summary>
public sealed class SystemdTheoryAttribute : Xunit.TheoryAttribute
{
    public SystemdTheoryAttribute() => Skip = SystemdUnit.WhyNot ?? KernelFactAttribute.Reason;
}
