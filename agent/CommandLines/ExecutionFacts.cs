using System.Buffers;
using System.Globalization;
using Tallyman.Agent.Model;

namespace Tallyman.Agent.CommandLines;

/// <summary>What is odd about an execution whatever its arguments are.</summary>
internal static class ExecutionFacts
{
    private static readonly SearchValues<char> InVersions = SearchValues.Create("0123456789.-+abcdefghijklmnopqrstuvwxyz");

    public static IEnumerable<Fact> Of(ExecEvent exec)
    {
        if (exec.IdentifiedBy == IdentifiedBy.Content && exec.Program.Tool != Tool.Unnamed && !IsNameOf(exec.Program, exec.FileName) && !IsNameOf(exec.Program, exec.Executable))
        {
            yield return new Fact(FactKind.RenamedCli, exec.Program.Name) { Evidence = exec.Executable.ToString() };
        }

        if (exec.Loaded is Executable loaded)
        {
            yield return new Fact(FactKind.RenamedCli, loaded.Name, DynamicLoader.ProgramIn(exec.Argv, 0));
        }

        if (exec.Links == 0)
        {
            yield return new Fact(FactKind.Fileless) { Evidence = exec.Executable.ToString() };
        }

        if (exec.MissingBytes > 0)
        {
            yield return new Fact(FactKind.ArgsTruncated)
            {
                Evidence = string.Create(CultureInfo.InvariantCulture, $"{exec.MissingBytes} bytes of argv are missing"),
            };
        }
    }

    /// <summary>Whether a path's last part is the program's name, or that with a version: kubectl.1.32, docker-29.1, podman5.8.</summary>
    private static bool IsNameOf(Executable program, HostText path)
    {
        string text = path.ToString();
        string name = text[(text.LastIndexOf('/') + 1)..];
        if (!name.StartsWith(program.Name, StringComparison.Ordinal))
        {
            return false;
        }

        ReadOnlySpan<char> version = name.AsSpan(program.Name.Length).TrimStart("-_.v");
        return name.Length == program.Name.Length
            || (version.Contains('.') && char.IsAsciiDigit(version[0]) && !version.ContainsAnyExcept(InVersions));
    }
}
