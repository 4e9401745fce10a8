using System.Text;

namespace Tallyman.Agent.CommandLines.Meanings;

/// <summary>Puts the commands of a script together from its characters, those in $(…) in front of the one that they are a part of.</summary>
internal sealed class ShellCommands(ShellContext context)
{
    /// <summary>How many $(…) may be in one another.</summary>
    private const int MostFrames = 64;

    private static readonly HashSet<string> Keywords = new(StringComparer.Ordinal)
    {
        "if", "then", "else", "elif", "fi", "for", "while", "until", "do", "done", "case", "esac", "in", "!", "}", "function",
    };

    private readonly Stack<ShellFrame> _outer = new();
    private readonly StringBuilder _text = new(); // the word of each frame that is not at its end, one behind the other

    public List<ShellCommand> All { get; } = [];

    /// <summary>Those whose lines are still to come.</summary>
    public Queue<HereDocument> Documents { get; } = new();

    public ShellFrame Frame { get; private set; } = new('\0', 0);

    public bool MayEnter => _outer.Count < MostFrames;

    public void Append(char c)
    {
        Frame.InWord = true;
        _text.Append(c);
    }

    public void AppendQuoted(ReadOnlySpan<char> text)
    {
        Frame.InWord = Frame.HasQuotes = true;
        _text.Append(text);
    }

    /// <summary>A word that is nothing but the number in front of a redirection: 2>.</summary>
    public void DropDescriptor()
    {
        if (Frame is { InWord: true, HasQuotes: false } && _text.Length - Frame.Start == 1 && char.IsAsciiDigit(_text[^1]))
        {
            _text.Length = Frame.Start;
            Frame.InWord = false;
        }
    }

    /// <summary>A command begins that is a part of a word of another.</summary>
    public void Enter(char closing)
    {
        Frame.InWord = true;
        _outer.Push(Frame);
        Frame = new ShellFrame(closing, _text.Length);
    }

    public void Leave()
    {
        EndCommand();
        Frame = _outer.Pop();
    }

    public void LeaveAll()
    {
        while (_outer.Count > 0)
        {
            Leave();
        }
    }

    public void EndWord()
    {
        ShellFrame frame = Frame;
        if (!frame.InWord)
        {
            return;
        }

        string word = _text.ToString(frame.Start, _text.Length - frame.Start);
        _text.Length = frame.Start;
        (ShellOperand operand, bool isPlain) = (frame.Next, !frame.HasQuotes);
        (frame.Next, frame.InWord, frame.HasQuotes) = (ShellOperand.Word, false, false);
        switch (operand)
        {
            case ShellOperand.File:
                (frame.Command.Files ??= []).Add(word);
                break;
            case ShellOperand.Input:
                frame.Command.Input = word;
                break;
            case ShellOperand.Delimiter:
                Documents.Enqueue(new HereDocument(frame.Command, word, isPlain));
                break;
            case ShellOperand.Word when isPlain && word == "{":
                EndCommand();
                break;
            case ShellOperand.Word when isPlain && frame.Command.Words.Count == 0 && Keywords.Contains(word):
                frame.Cases += word switch { "case" => 1, "esac" when frame.Cases > 0 => -1, _ => 0 };
                break;
            default:
                frame.Command.Words.Add(word);
                break;
        }
    }

    public void EndCommand()
    {
        EndWord();
        ShellFrame frame = Frame;
        frame.Next = ShellOperand.Word;
        ShellCommand command = frame.Command;
        if (command.IsEmpty)
        {
            return;
        }

        command.IsRead = frame.Closing != '\0';
        if (frame is { IsPiped: true, Last: not null })
        {
            command.From = frame.Last;
            frame.Last.IsRead = true;
        }

        int first = command.Words is ["export" or "local" or "declare" or "typeset" or "readonly", ..] ? 1 : 0;
        for (int i = first; i < command.Words.Count && ShellContext.IsAssignment(command.Words[i]); i++)
        {
            context.Assign(command.Words[i]);
        }

        All.Add(command);
        (frame.Last, frame.Command, frame.IsPiped) = (command, new ShellCommand(), false);
    }
}
