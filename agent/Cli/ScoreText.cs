using System.Collections.Immutable;
using System.Text;
using Tallyman.Agent.CommandLines;
using Tallyman.Agent.Model;
using Tallyman.Agent.Rules;
using Tallyman.Rendering;

namespace Tallyman.Agent.Cli;

/// <summary>The answer of <c>score</c> for people, and what the published expressions say.</summary>
internal static class ScoreText
{
    private const string Ask = "  tallyman score -- ";

    /// <param name="rules">Those that were asked.</param>
    /// <param name="width">Columns of the terminal.</param>
    /// <param name="colour">Only for a terminal whose user has not declined it.</param>
    public static string Write(Scored scored, RuleSet rules, int width, bool colour)
    {
        ImmutableArray<ArgumentReading> roles = scored.Program is null ? [] : CommandLineReader.Roles(scored.Program, scored.Argv);
        var text = new StringBuilder(AnswerText.Write(scored.Answer, scored.Shown, roles, rules, width, colour));
        if (scored.Answer.Scores is null)
        {
            text.Append("None of docker, kubectl, podman, nerdctl, crictl and ctr: no alert.\n");
            if (ToolBehind(scored.Shown) is int tool and > 0)
            {
                string rest = string.Join(' ', Enumerable.Range(tool, scored.Shown.Count - tool).Select(i => SafeText.Quote(scored.Shown[i])));
                text.Append("What it starts is seen by itself; ask about that:\n").Append(Ask).Append(SafeText.Shorten(rest, Math.Max(Ask.Length, width - Ask.Length))).Append('\n');
            }
        }

        return text.Append('\n').Append(PublishedText.Write(scored, roles)).ToString();
    }

    /// <summary>Where a tool stands that another program may start, sudo or env; 0 if none does.</summary>
    private static int ToolBehind(Argv argv)
    {
        for (int i = 1; i < argv.Count; i++)
        {
            if (Executables.OfPath(argv[i]) is Executable program && program.Tool.IsContainerTool())
            {
                return i;
            }
        }

        return 0;
    }
}
