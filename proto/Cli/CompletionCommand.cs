using System.CommandLine;

namespace Tallyman.Cli;

/// <summary><c>completion</c>: prints what has a shell complete the program's words.</summary>
internal sealed class CompletionCommand : Command, ICommandWithExamples
{
    private readonly Argument<string> _shell = new("shell") { Description = string.Join(", ", ShellCompletion.Shells), HelpName = "SHELL" };
    private readonly string _program;

    public CompletionCommand(string program)
        : base("completion", "Print a script that has a shell complete commands, options and their values")
    {
        _program = program;
        _shell.AcceptOnlyFromAmong(ShellCompletion.Shells);
        Add(_shell);
        SetAction(parsed => Console.Write(ShellCompletion.Of(parsed.GetRequiredValue(_shell), program, (RootCommand)Parents.First())));
    }

    public IReadOnlyList<string> Examples =>
    [
        $"source <({_program} completion bash)",
        $"{_program} completion fish > ~/.config/fish/completions/{_program}.fish",
    ];
}
