using Tallyman.Agent.Checks;
using Tallyman.Cli;

namespace Tallyman.Agent.Cli;

/// <summary>What was looked at, a line each.</summary>
internal static class CheckText
{
    public static void Write(CheckLine line)
    {
        string outcome = line.Outcome.ToString().ToLowerInvariant();
        string colour = !Terminal.WantsColour ? "" : line.Outcome switch { Outcome.Fail => "\x1b[1;31m", Outcome.Warn => "\x1b[1;33m", _ => "\x1b[32m" };
        Console.WriteLine($"{colour}{outcome,-5}{(colour.Length > 0 ? "\x1b[0m" : "")} {line.Subject,-14} {line.Text}");
    }
}
