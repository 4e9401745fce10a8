using Tallyman.Agent.Model;
using Tallyman.Cli;

namespace Tallyman.Agent.Cli;

/// <summary>
/// Verbs that take another program's command line: what begins with its first word is not ours to read, even without a
/// "--" in front. (System.CommandLine 2.0 takes options wherever they stand.)
/// </summary>
internal static class ForeignWords
{
    private static readonly string[] Verbs = ["score", "redact"];
    private static readonly string[] OptionsWithValue = ["--profile", "--cwd", "--state"];

    /// <returns>The arguments with a "--" in front of the foreign words, where there are some.</returns>
    public static string[] Protect(string[] args)
    {
        if (args.Length == 0 || !Verbs.Contains(args[0]))
        {
            return args;
        }

        for (int i = 1; i < args.Length; i++)
        {
            if (args[i] == "--")
            {
                return args;
            }

            if (!args[i].StartsWith('-'))
            {
                return [.. args[..i], "--", .. args[i..]];
            }

            if (OptionsWithValue.Contains(args[i]))
            {
                i++;
            }
        }

        return args;
    }

    /// <summary>The words as a command line.</summary>
    /// <exception cref="UserException">There are none.</exception>
    public static Argv Read(string verb, string[] words) => words switch
    {
        [] => throw new UserException(ExitCode.Usage, $"a command line is missing: tallyman {verb} -- docker run --privileged alpine"),
        _ => Argv.Of(words),
    };
}
