using System.CommandLine;
using System.Globalization;
using System.Text;

namespace Tallyman.Cli;

/// <summary>A page of the manual, in the language of man(7), written from what help says.</summary>
public sealed class ManualPage
{
    private readonly StringBuilder _text = new();

    /// <param name="name">tallyman, for section 8; tallyman.yaml, for section 5.</param>
    public ManualPage(string name, int section, string sentence)
    {
        _text.Append($".TH {Escape(name.ToUpperInvariant())} {section} \"\" \"{Escape($"Tallyman {ProgramVersion.Text}")}\"\n");
        Section("NAME");
        Line($"{Escape(name)} \\- {Escape(sentence)}");
    }

    /// <summary>A program's page of section 8, to which may be added what only that program has.</summary>
    /// <param name="description">Behind what the root command says.</param>
    /// <param name="exits">How it may end.</param>
    public static ManualPage OfProgram(string name, string sentence, RootCommand root, string description, params (int Code, string Meaning)[] exits)
    {
        var page = new ManualPage(name, 8, sentence);
        page.Section("SYNOPSIS");
        page.Paragraph($"{name} COMMAND [OPTION]...");
        page.Section("DESCRIPTION");
        page.Paragraph(root.Description!);
        page.Paragraph(description);
        page.Commands(name, root);
        page.Section("EXIT STATUS");
        foreach ((int code, string meaning) in exits)
        {
            page.Term(code.ToString(CultureInfo.InvariantCulture), meaning);
        }

        return page;
    }

    public void Section(string title) => _text.Append($".SH {title}\n");

    public void Subsection(string title) => _text.Append($".SS {Escape(title)}\n");

    public void Paragraph(string text)
    {
        _text.Append(".PP\n");
        Line(Escape(text));
    }

    /// <summary>A term with what it means behind it.</summary>
    public void Term(string term, string meaning)
    {
        _text.Append($".TP\n.B {Escape(term)}\n");
        Line(Escape(meaning));
    }

    /// <summary>Lines as they are.</summary>
    public void Example(IEnumerable<string> lines)
    {
        _text.Append(".PP\n.EX\n");
        foreach (string line in lines)
        {
            Line(Escape(line));
        }

        _text.Append(".EE\n");
    }

    public override string ToString() => _text.ToString();

    /// <summary>All commands of a program with their options and examples.</summary>
    private void Commands(string program, RootCommand root)
    {
        Section("COMMANDS");
        foreach (CommandModel command in CommandModel.Of(root))
        {
            string arguments = string.Concat(command.Command.Arguments.Select(static argument => $" <{argument.HelpName ?? argument.Name}>"));
            Subsection($"{program} {command.Path}".TrimEnd() + arguments);
            Paragraph($"{command.Command.Description!.TrimEnd('.')}.");
            foreach (Option option in command.Options)
            {
                string value = option.ValueType == typeof(bool) || option.Arity.MaximumNumberOfValues == 0 ? "" : $" <{option.HelpName ?? option.Name.TrimStart('-')}>";
                Term(option.Name + value, option.Description ?? "");
            }

            if (command.Command is ICommandWithExamples { Examples: { Count: > 0 } examples })
            {
                Example(examples);
            }
        }
    }

    private void Line(string text) => _text.Append(text).Append('\n');

    /// <summary>A backslash, a minus and a dot or an apostrophe at the beginning of a line mean something in man(7).</summary>
    private static string Escape(string text)
    {
        string escaped = text.Replace("\\", "\\e", StringComparison.Ordinal).Replace("-", "\\-", StringComparison.Ordinal).Replace("\"", "\\(dq", StringComparison.Ordinal);
        return escaped is ['.' or '\'', ..] ? "\\&" + escaped : escaped;
    }
}
