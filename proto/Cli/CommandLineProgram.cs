using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Tallyman.Cli;

/// <summary>What both programs do alike: messages to stderr, examples in the help, exit codes, no stack trace for a mistake.</summary>
public static class CommandLineProgram
{
    private static readonly ParserConfiguration Parsing = new()
    {
        ResponseFileTokenReplacer = null, // an argument @x is an argument, not a file
    };

    private static readonly InvocationConfiguration Invoking = new()
    {
        EnableDefaultExceptionHandler = false,
        ProcessTerminationTimeout = null, // the host, where there is one, ends on signals by itself
    };

    public static async Task<int> RunAsync(RootCommand root, string[] args)
    {
        foreach (HelpOption help in root.Options.OfType<HelpOption>())
        {
            help.Action = new HelpWithExamples((HelpAction)help.Action!);
        }

        ParseResult parsed = root.Parse(args, Parsing);
        try
        {
            if (parsed.Action is ParseErrorAction mistake)
            {
                mistake.ShowHelp = false;
                await parsed.InvokeAsync(Invoking);
                await Console.Error.WriteLineAsync($"{root.Name}: try --help");
                return ExitCode.Usage;
            }

            return await parsed.InvokeAsync(Invoking);
        }
        catch (UserException e)
        {
            await Console.Error.WriteLineAsync($"{root.Name}: {e.Message}");
            return e.ExitCode;
        }
        catch (IOException e) when (e.HResult == BrokenPipe)
        {
            return ExitCode.Fine; // the reader of the pipe has seen enough
        }
    }

    private const int BrokenPipe = 32;

    private sealed class HelpWithExamples(HelpAction help) : SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult)
        {
            int code = help.Invoke(parseResult);
            if (parseResult.CommandResult.Command is ICommandWithExamples command)
            {
                TextWriter output = parseResult.InvocationConfiguration.Output;
                output.WriteLine("Examples:");
                foreach (string example in command.Examples)
                {
                    output.WriteLine($"  {example}");
                }

                output.WriteLine();
            }

            return code;
        }
    }
}

/// <summary>A command whose help ends with lines that can be tried.</summary>
public interface ICommandWithExamples
{
    IReadOnlyList<string> Examples { get; }
}
