using System.Text;
using Tallyman.Agent.Alerts;
using Tallyman.Agent.CommandLines;
using Tallyman.Agent.Model;
using Tallyman.Agent.Redaction;
using Tallyman.Agent.Rules;

namespace Tallyman.Agent.Cli;

/// <summary>Judges a command line that nobody has executed.</summary>
internal static class Scorer
{
    private static readonly Lazy<Redactor> Redactor = new(static () => new Redactor(RedactionKey.TryLoad(StateOption.Default) ?? SecretHash.OfThisProcess()));

    /// <param name="executable">The path of the program; null to go by argv[0].</param>
    public static V1.Alert Answer(RuleSet rules, Argv argv, string? directory, string? executable)
    {
        ReadOnlySpan<byte> name = executable is not null ? Encoding.UTF8.GetBytes(executable) : argv.Count > 0 ? argv[0] : default;
        Executable? program = Executables.OfPath(name);
        Redactions redactions = Redactor.Value.Redact(program, argv);
        if (program is null)
        {
            return AlertMessage.OfCommandLine(redactions, null, null);
        }

        Invocation invocation = CommandLineReader.Read(program, argv, directory);
        return AlertMessage.OfCommandLine(redactions, invocation, rules.Judge(invocation));
    }
}
