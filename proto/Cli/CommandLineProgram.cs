using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using Tallyman.Rendering;

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
        StandardStreams.Prepare();
        foreach (HelpOption help in root.Options.OfType<HelpOption>())
        {
            help.Action = new HelpWithExamples((HelpAction)help.Action!);
        }

        ParseResult parsed = root.Parse(args is ["help", .. string[] words] ? [.. words, "--help"] : args, Parsing);
        try
        {
            string[] mistakes = [.. UsageMistake.In(parsed)];
            foreach (string mistake in mistakes)
            {
                await Console.Error.WriteLineAsync($"{root.Name}: {mistake}");
            }

            return mistakes.Length > 0 ? ExitCode.Usage : await parsed.InvokeAsync(Invoking);
        }
        catch (UserException e)
        {
            await Console.Error.WriteLineAsync($"{root.Name}: {string.Join('\n', e.Message.Split('\n').Select(SafeText.OneLine))}");
            return e.ExitCode;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync($"{root.Name}: {SafeText.Escape(e.Message)}");
            return ExitCode.InputOutput;
        }
    }

    /// <summary>For options that name a file or a directory.</summary>
    public static void NameMustNotBeEmpty(OptionResult option)
    {
        if (option.Tokens is [{ Value: "" }])
        {
            option.AddError($"{option.IdentifierToken?.Value} must name a file or a directory, and is empty");
        }
    }

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
