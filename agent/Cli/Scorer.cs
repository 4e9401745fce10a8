using System.Text;
using Tallyman.Agent.Alerts;
using Tallyman.Agent.CommandLines;
using Tallyman.Agent.Manifests;
using Tallyman.Agent.Model;
using Tallyman.Agent.Redaction;
using Tallyman.Agent.Rules;
using Tallyman.Rendering;

namespace Tallyman.Agent.Cli;

/// <summary>A command line with what was made of it.</summary>
/// <param name="Shown">Argv without its secrets; element by element the same.</param>
/// <param name="Process">The path of the program, or argv[0].</param>
/// <param name="Program">Null if the command line is of none of the six tools.</param>
/// <param name="Invocation">What argv alone asks for, as the published queries see no more; null in the same case.</param>
internal sealed record Scored(Argv Argv, Argv Shown, string Process, Executable? Program, Invocation? Invocation, V1.Alert Answer);

/// <summary>Judges a command line that nobody has executed.</summary>
internal static class Scorer
{
    private static readonly Lazy<Redactor> Redactor = new(static () => new Redactor(RedactionKey.TryLoad(StateOption.Default) ?? SecretHash.OfThisProcess()));

    public static V1.Alert Answer(RuleSet rules, Argv argv, string? directory, string? executable) =>
        Score(rules, argv, directory, executable).Answer;

    /// <param name="executable">The path of the program; null to go by argv[0].</param>
    public static Scored Score(RuleSet rules, Argv argv, string? directory, string? executable)
    {
        ReadOnlySpan<byte> name = executable is not null ? Encoding.UTF8.GetBytes(executable) : argv.Count > 0 ? argv[0] : default;
        string process = SafeText.Decode(name);
        Executable? program = Executables.OfPath(name);
        Redactions redactions = Redactor.Value.Redact(program, argv);
        if (program is null)
        {
            return new Scored(argv, redactions.Argv, process, null, null, AlertMessage.OfCommandLine(redactions, null, null));
        }

        Invocation invocation = CommandLineReader.Read(program, argv, directory);
        Invocation complete = rules.ReadsManifests ? ManifestReader.ReadHere(invocation, argv, directory) : invocation;
        V1.Alert answer = AlertMessage.OfCommandLine(redactions, complete, rules.Judge(complete));
        return invocation.Tool.IsContainerTool()
            ? new Scored(argv, redactions.Argv, process, program, invocation, answer)
            : new Scored(argv, redactions.Argv, process, null, null, answer);
    }
}
