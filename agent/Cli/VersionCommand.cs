using System.CommandLine;
using Tallyman.Cli;

namespace Tallyman.Agent.Cli;

/// <summary><c>version</c>.</summary>
internal sealed class VersionCommand : Command
{
    public VersionCommand()
        : base("version", "Print version and commit") =>
        SetAction(static _ =>
        {
            Console.WriteLine(ProgramVersion.Text);
            return ExitCode.Fine;
        });
}
