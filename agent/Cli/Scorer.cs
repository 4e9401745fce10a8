using System.Text;
using Tallyman.Agent.Alerts;
using Tallyman.Agent.CommandLines;
using Tallyman.Agent.Manifests;
using Tallyman.Agent.Model;
using Tallyman.Agent.Rules;
using Tallyman.Rendering;

namespace Tallyman.Agent.Cli;

/// <summary>A command line with what was made of it.</summary>
/// <param name="Process">The path of the program, or argv[0].</param>
/// <param name="Invocation">What argv alone asks for, as the published queries see no more; null if it is none of the tools.</param>
internal sealed record Scored(Argv Argv, string Process, Executable? Program, Invocation? Invocation, V1.Alert Answer);

/// <summary>Judges a command line that nobody has executed.</summary>
internal static class Scorer
{
    public static V1.Alert Answer(RuleSet rules, Argv argv, string? directory, string? executable) =>
        Score(rules, argv, directory, executable).Answer;

    /// <param name="executable">The path of the program; null to go by argv[0].</param>
    public static Scored Score(RuleSet rules, Argv argv, string? directory, string? executable)
    {
        ReadOnlySpan<byte> name = executable is not null ? Encoding.UTF8.GetBytes(executable) : argv.Count > 0 ? argv[0] : default;
        string process = SafeText.Decode(name);
        if (Executables.OfPath(name) is not Executable program)
        {
            return new Scored(argv, process, null, null, AlertMessage.OfCommandLine(argv, null, null));
        }

        Invocation invocation = CommandLineReader.Read(program, argv, directory);
        Invocation complete = rules.ReadsManifests ? ManifestReader.ReadHere(invocation, argv, directory) : invocation;
        return new Scored(argv, process, program, invocation, AlertMessage.OfCommandLine(argv, complete, rules.Judge(complete)));
    }
}
