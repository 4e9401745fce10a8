using System.Buffers;
using System.Text;

namespace Tallyman.Agent.CommandLines.Meanings;

/// <summary>
/// A script for sh -c, taken apart into simple commands. Not a shell: what is between the commands (if, while, &amp;&amp;) only
/// separates them, and of the variables only those are known that the script itself sets to a text. One pass; the commands
/// in $(…) stand in front of the one that they are a part of.
/// </summary>
internal sealed class ShellScript
{
    /// <summary>Characters that are looked at; longer scripts are no command lines that people type.</summary>
    private const int Longest = 64 * 1024;

    /// <summary>How many $(…) may be in one another.</summary>
    private const int MostFrames = 64;

    internal static readonly SearchValues<char> NameCharacters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");

    private static readonly HashSet<string> Keywords = new(StringComparer.Ordinal)
    {
        "if", "then", "else", "elif", "fi", "for", "while", "until", "do", "done", "case", "esac", "in", "!", "}", "function",
    };

    private readonly List<ShellCommand> _commands = [];
    private readonly Stack<ShellFrame> _outer = new();
    private readonly Queue<HereDocument> _documents = new();
    private readonly StringBuilder _text = new(); // the word of each frame that is not at its end, one behind the other
    private readonly string _script;
    private readonly ShellContext _context;
    private readonly int _end;
    private ShellFrame _frame = new('\0', 0);
    private bool _isBrokenOff; // a here-document has no end: there are no more of them
    private int _at;

    private ShellScript(string script, ShellContext context)
    {
        _script = script;
        _context = context;
        _end = Math.Min(script.Length, Longest);
    }

    /// <summary>The words of each command.</summary>
    public static List<List<string>> Commands(string script) => [.. Read(script, new ShellContext(null, script.Length)).Select(static command => command.Words)];

    public static List<ShellCommand> Read(string script, ShellContext context)
    {
        var reader = new ShellScript(script, context);
        reader.ReadAll();
        reader.EndCommand();
        return reader._commands;
    }

    /// <summary>The commands in a text of which a shell replaces $(…): a here-document.</summary>
    public static List<ShellCommand> Substitutions(string text, ShellContext context)
    {
        var reader = new ShellScript(text, context);
        reader._frame.IsQuoted = reader._frame.IsText = true;
        reader.ReadAll();
        return reader._commands;
    }

    private void ReadAll()
    {
        while (_at < _end)
        {
            char c = _script[_at++];
            if (_frame.IsQuoted)
            {
                ReadQuoted(c);
            }
            else
            {
                ReadPlain(c);
            }
        }

        while (_outer.Count > 0)
        {
            Leave();
        }
    }

    private void ReadPlain(char c)
    {
        switch (c)
        {
            case ' ' or '\t':
                EndWord();
                break;
            case '\n':
                EndCommand();
                ReadDocuments();
                break;
            case '&' when Peek('>'):
                break; // both outputs
            case '|' when !Peek('|'):
                EndCommand();
                _frame.IsPiped = true;
                _at += Peek('&') ? 1 : 0;
                break;
            case ';' or '&' or '|':
                EndCommand();
                break;
            case '(':
                EndCommand();
                _frame.Parentheses++;
                _frame.IsArithmetic |= Peek('(');
                break;
            case ')':
                ReadClosing();
                break;
            case '`':
                ReadBacktick();
                break;
            case '#' when !_frame.InWord:
                _at = _script.IndexOf('\n', _at, _end - _at) is int newline and >= 0 ? newline : _end;
                break;
            case '<' or '>':
                ReadRedirection(c);
                break;
            case '\\' when _at < _end:
                if (_script[_at++] is char escaped and not '\n')
                {
                    _frame.HasQuotes = true;
                    Append(escaped);
                }

                break;
            case '\'':
                int quote = _script.IndexOf('\'', _at, _end - _at);
                quote = quote < 0 ? _end : quote;
                _text.Append(_script, _at, quote - _at);
                _frame.InWord = _frame.HasQuotes = true;
                _at = quote + 1;
                break;
            case '"':
                _frame.InWord = _frame.HasQuotes = _frame.IsQuoted = true;
                break;
            case '$' when Peek('\'') || Peek('"'):
                break; // another kind of quote
            case '$':
                ReadDollar();
                break;
            default:
                Append(c);
                break;
        }
    }

    private void ReadQuoted(char c)
    {
        switch (c)
        {
            case '"' when !_frame.IsText:
                _frame.IsQuoted = false;
                break;
            case '\\' when _at < _end && _script[_at] is '"' or '\\' or '$' or '`':
                Append(_script[_at++]);
                break;
            case '$':
                ReadDollar();
                break;
            case '`':
                ReadBacktick();
                break;
            default:
                Append(c);
                break;
        }
    }

    private void ReadDollar()
    {
        if (Peek('(') && _outer.Count < MostFrames)
        {
            _at++;
            Enter(')');
            _frame.IsArithmetic = Peek('(');
        }
        else if (TryReadName(out string name, out int end) && _context.Find(name) is string value)
        {
            _at = end;
            foreach (char c in value)
            {
                if (c is ' ' or '\t' or '\n' && (!_frame.IsQuoted || name == "@"))
                {
                    EndWord();
                }
                else
                {
                    Append(c);
                }
            }
        }
        else if (!Peek('('))
        {
            Append('$');
        }
    }

    /// <summary>$NAME, ${NAME}, $1, $@.</summary>
    private bool TryReadName(out string name, out int end)
    {
        int start = Peek('{') ? _at + 1 : _at;
        int length = _script.AsSpan(start, _end - start).IndexOfAnyExcept(NameCharacters);
        length = length < 0 ? _end - start : length;
        end = start + length;
        if (start < _end && _script[start] is '@' or '*' || (start == _at && length > 0 && char.IsAsciiDigit(_script[start])))
        {
            end = start + 1;
        }

        name = _script[start..end];
        bool isClosed = start == _at || (end < _end && _script[end] == '}');
        end += start == _at ? 0 : 1;
        return isClosed && name.Length > 0;
    }

    private void ReadBacktick()
    {
        if (_frame.Closing == '`')
        {
            Leave();
        }
        else if (_outer.Count < MostFrames)
        {
            Enter('`');
        }
    }

    private void ReadClosing()
    {
        EndCommand();
        if (_frame.Parentheses > 0)
        {
            _frame.Parentheses--;
        }
        else if (_frame is { Closing: ')', Cases: 0 })
        {
            Leave();
        }
    }

    private void ReadRedirection(char c)
    {
        if (_frame is { InWord: true, HasQuotes: false } && _text.Length - _frame.Start == 1 && char.IsAsciiDigit(_text[^1]))
        {
            _text.Length = _frame.Start; // 2>
            _frame.InWord = false;
        }

        EndWord();
        if (Peek('(') && _outer.Count < MostFrames)
        {
            _at++;
            Enter(')');
        }
        else if (c == '<' && Peek('<'))
        {
            _at++;
            bool isString = Peek('<');
            _frame.Next = isString ? ShellOperand.Input : _frame.IsArithmetic || _isBrokenOff ? ShellOperand.Word : ShellOperand.Delimiter;
            _at += isString || Peek('-') ? 1 : 0;
        }
        else
        {
            _at += _at < _end && _script[_at] is '<' or '>' or '&' or '|' ? 1 : 0;
            _frame.Next = ShellOperand.File;
        }
    }

    /// <summary>A command begins that is a part of a word of another.</summary>
    private void Enter(char closing)
    {
        _frame.InWord = true;
        _outer.Push(_frame);
        _frame = new ShellFrame(closing, _text.Length);
    }

    private void Leave()
    {
        EndCommand();
        _frame = _outer.Pop();
    }

    private void EndWord()
    {
        ShellFrame frame = _frame;
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
                _documents.Enqueue(new HereDocument(frame.Command, word, isPlain));
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

    private void EndCommand()
    {
        EndWord();
        ShellFrame frame = _frame;
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
            _context.Assign(command.Words[i]);
        }

        _commands.Add(command);
        (frame.Last, frame.Command, frame.IsPiped) = (command, new ShellCommand(), false);
    }

    private void ReadDocuments()
    {
        while (_documents.TryDequeue(out HereDocument? document))
        {
            for (int line = _at; ;)
            {
                int newline = line < _end ? _script.IndexOf('\n', line, _end - line) : -1;
                int end = newline < 0 ? _end : newline;
                if (line <= end && document.EndsAt(_script.AsSpan(line, end - line)))
                {
                    document.Command.Input = _script[_at..line];
                    document.Command.IsInputExpanded = document.IsExpanded;
                    _at = Math.Min(end + 1, _end);
                    break;
                }

                if (newline < 0)
                {
                    // It is not what it looks like, or broken: what follows is read as commands, to be safe.
                    _isBrokenOff = true;
                    _documents.Clear();
                    return;
                }

                line = newline + 1;
            }
        }
    }

    private void Append(char c)
    {
        _frame.InWord = true;
        _text.Append(c);
    }

    private bool Peek(char c) => _at < _end && _script[_at] == c;
}
