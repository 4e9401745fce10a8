using System.Globalization;
using System.Text;
using Tallyman.Rendering;

namespace Tallyman.Agent.Cli;

/// <summary>The answer of <c>score</c> for people.</summary>
internal static class ScoreText
{
    public static string Write(V1.Alert answer)
    {
        V1.CommandLine line = answer.CommandLine;
        var text = new StringBuilder(AlertText.Command(line)).Append("\n\n");
        if (answer.Scores is not V1.Scores scores)
        {
            return text.Append("None of docker, kubectl, podman, nerdctl, crictl and ctr: no alert.").ToString();
        }

        text.Append(CultureInfo.InvariantCulture, $"{line.Tool} {SafeText.Escape(line.Command)}");
        if (line.Image.Length > 0)
        {
            text.Append("  image ").Append(SafeText.Escape(line.Image));
        }

        if (line.Facts.Count > 0)
        {
            text.Append("\nfacts ").AppendJoin(' ', line.Facts.Select(SafeText.Escape));
        }

        if (line.Error.Length > 0)
        {
            text.Append("\nerror ").Append(SafeText.Escape(line.Error));
        }

        foreach (string warning in line.Warnings)
        {
            text.Append("\nwarning ").Append(SafeText.Escape(warning));
        }

        text.Append('\n');
        foreach (V1.Indicator indicator in answer.Indicators)
        {
            text.Append("\n  ").Append(AlertText.Reason(indicator));
        }

        text.Append(CultureInfo.InvariantCulture, $"\n\nrisk_score {scores.RiskScore}  suspicion_score {scores.SuspicionScore}");
        text.Append(CultureInfo.InvariantCulture, $" (priv {scores.PrivScore}, mount {scores.MountScore}, exec {scores.ExecScore}, secrets {scores.SecretsScore}, escape {scores.EscapeScore})");
        text.Append(scores.Alert
            ? string.Create(CultureInfo.InvariantCulture, $"  {AlertJson.NameOf(scores.Severity)}: alert by {string.Join(" and ", scores.Techniques)}")
            : "  no alert");
        return text.ToString();
    }
}
