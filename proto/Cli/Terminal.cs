namespace Tallyman.Cli;

/// <summary>What standard output is, where that makes a difference to people.</summary>
public static class Terminal
{
    private const int WidthElsewhere = 100;
    private const int Narrowest = 40;

    /// <summary>A terminal that has colours, and whose user has not declined them: no-color.org.</summary>
    public static bool WantsColour =>
        !Console.IsOutputRedirected && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")) && Environment.GetEnvironmentVariable("TERM") != "dumb";

    /// <summary>Columns of the terminal; of a page where it is none.</summary>
    public static int Width => Console.IsOutputRedirected ? WidthElsewhere : Math.Max(Narrowest, Console.WindowWidth);
}
