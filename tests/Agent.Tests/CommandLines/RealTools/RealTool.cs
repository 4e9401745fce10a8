using System.Diagnostics;
using System.Text.RegularExpressions;
using Tallyman.Agent.Tests.CommandLines.Generated;

namespace Tallyman.Agent.Tests.CommandLines.RealTools;

/// <summary>
/// A tool that is installed here, or unpacked by "make test-tools", and run where it can do nothing: as nobody, without a
/// network, with an empty home. It is only asked for help, whatever else the command line says.
/// </summary>
/// <param name="Version">That of the versions read which has the same major and minor number.</param>
internal sealed partial record RealTool(string Tool, string Path, string Version)
{
    private static readonly Lazy<string> Home = new(static () =>
    {
        DirectoryInfo home = Directory.CreateTempSubdirectory("tallyman-tools-");
        AppDomain.CurrentDomain.ProcessExit += (_, _) => home.Delete(recursive: true);
        File.SetUnixFileMode(home.FullName, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute);
        return home.FullName;
    });

    /// <summary>What "make test-tools" has unpacked, where nobody may enter it: the checkout may lie in somebody's home.</summary>
    private static readonly Lazy<string> Unpacked = new(static () =>
    {
        string unpacked = Repository.Path("out/tools");
        if (!Directory.Exists(unpacked) || Programs.Run("setpriv", [.. AsNobody, "test", "-r", unpacked]).ExitCode == 0)
        {
            return unpacked;
        }

        string copy = System.IO.Path.Combine(Home.Value, "tools");
        Programs.Run("cp", "--recursive", unpacked, copy);
        return copy;
    });

    private static string[] AsNobody => ["--reuid=65534", "--regid=65534", "--clear-groups", "--no-new-privs", "--"];

    /// <summary>The tools of this name that are here, in every version that the grammar knows; with a reason if there is none.</summary>
    public static (IReadOnlyList<RealTool> Found, string Reason) Find(string tool)
    {
        var found = new List<RealTool>();
        string reason = $"there is no {tool} here: make test-tools";
        string[] directories = [.. (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':'), System.IO.Path.Combine(Unpacked.Value, "usr/bin")];
        foreach (string path in directories.Select(directory => System.IO.Path.Combine(directory, tool)).Where(File.Exists).Distinct())
        {
            Programs.Outcome answer = new RealTool(tool, path, "").Start(tool == "kubectl" ? ["version", "--client"] : ["--version"]);
            string version = VersionNumber().Match(answer.Output).Value;
            string? known = GrammarData.Load(tool).Versions.FirstOrDefault(known => known.Split('.')[..2].SequenceEqual(version.Split('.').Take(2)));
            if (known is null)
            {
                reason = version.Length == 0 ? $"{path} cannot be run as nobody: {answer.Error.Trim()}" : $"{path} is {version}, which the grammar was not read from";
            }
            else if (!found.Exists(each => each.Version == known))
            {
                found.Add(new RealTool(tool, path, known));
            }
        }

        return (found, reason);
    }

    /// <summary>Whether the program itself has the command and help for it: no plugin's, not kubectl's list of options, nor what came to ctr after Debian's 1.6.20.</summary>
    public static bool Has(CommandData command) => command.Plugin is null && command.Path is not ("bake" or "options" or "deprecations list");

    /// <summary>Whether it reads all others the same when this flag is given: podman has fewer of them when it is to call another host.</summary>
    public static bool Keeps(FlagData flag) => flag.Owner.Length > 0 || flag.Long is not ("host" or "context" or "connection" or "url" or "remote");

    /// <summary>Asks for help, so that the tool reads its arguments and does nothing.</summary>
    public Programs.Outcome Ask(IReadOnlyList<string> arguments) =>
        arguments.Contains("--help") ? Start(arguments) : throw new ArgumentException("must ask for help", nameof(arguments));

    /// <summary>Runs another program, which reads a script, with the tool's path as its last argument, as the tool itself is run.</summary>
    public Programs.Outcome RunScript(string program, string script, params string[] arguments) => Sandboxed(program, [.. arguments, Path], script);

    private Programs.Outcome Start(IReadOnlyList<string> arguments) => Sandboxed(Path, arguments);

    private Programs.Outcome Sandboxed(string program, IReadOnlyList<string> arguments, string? input = null)
    {
        var start = new ProcessStartInfo("/usr/bin/unshare",
            ["--net", "--", "/usr/bin/setpriv", .. AsNobody, program, .. arguments])
        {
            WorkingDirectory = Home.Value,
        };
        start.Environment.Clear();
        start.Environment["HOME"] = Home.Value;
        start.Environment["PATH"] = "/nonexistent";
        start.Environment["KUBECONFIG"] = "/dev/null";
        if (Path.StartsWith(Unpacked.Value, StringComparison.Ordinal))
        {
            start.Environment["LD_LIBRARY_PATH"] = string.Join(':', Directory.GetDirectories(Unpacked.Value, "*-linux-gnu", SearchOption.AllDirectories));
        }

        return Programs.Run(start, input);
    }

    [GeneratedRegex(@"\d+\.\d+\.\d+")]
    private static partial Regex VersionNumber();
}
