using System.CommandLine;

namespace Tallyman.Cli;

/// <summary>A page that <c>man</c> prints.</summary>
/// <param name="For">What it tells of.</param>
public sealed record ManualSection(int Number, string For, Func<RootCommand, ManualPage> Page);

/// <summary><c>man</c>: prints the manual, which packages install.</summary>
internal sealed class ManCommand : Command, ICommandWithExamples
{
    private readonly string _program;
    private readonly ManualSection[] _sections;
    private readonly Argument<int> _section;

    public ManCommand(string program, params ManualSection[] sections)
        : base("man", "Print a page of the manual, for man -l")
    {
        (_program, _sections) = (program, sections);
        _section = new Argument<int>("section")
        {
            Description = string.Join(", ", sections.Select(static section => $"{section.Number} for {section.For}")),
            HelpName = "SECTION",
            DefaultValueFactory = _ => sections[0].Number,
        };
        _section.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: string text }] && !sections.Any(section => $"{section.Number}" == text))
            {
                result.AddError($"SECTION must be {string.Join(" or ", sections.Select(static section => section.Number))}, is '{text}'");
            }
        });
        Add(_section);
        SetAction(parsed => Console.Write(PageOf((RootCommand)Parents.First(), parsed.GetValue(_section))));
    }

    public IReadOnlyList<string> Examples => [.. _sections.Select(section => $"{_program} man {section.Number} | man -l -")];

    private ManualPage PageOf(RootCommand root, int number) => _sections.First(section => section.Number == number).Page(root);
}
