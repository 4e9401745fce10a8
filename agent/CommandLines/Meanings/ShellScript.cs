using System.Buffers;

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

    internal static readonly SearchValues<char> NameCharacters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");

    private readonly ShellCommands _commands;
    private readonly string _script;
    private readonly ShellContext _context;
    private readonly int _end;
    private bool _isBrokenOff; // a here-document has no end: there are no more of them
    private int _at;

    private ShellScript(string script, ShellContext context)
    {
        _script = script;
        _context = context;
        _commands = new ShellCommands(context);
        _end = Math.Min(script.Length, Longest);
    }

    private ShellFrame Frame => _commands.Frame;

    /// <summary>The words of each command.</summary>
    public static List<List<string>> Commands(string script) => [.. Read(script, new ShellContext(null, script.Length)).Select(static command => command.Words)];

    public static List<ShellCommand> Read(string script, ShellContext context)
    {
        var reader = new ShellScript(script, context);
        reader.ReadAll();
        reader._commands.EndCommand();
        return reader._commands.All;
    }

    /// <summary>The commands in a text of which a shell replaces $(…): a here-document.</summary>
    public static List<ShellCommand> Substitutions(string text, ShellContext context)
    {
        var reader = new ShellScript(text, context);
        reader.Frame.IsQuoted = reader.Frame.IsText = true;
        reader.ReadAll();
        return reader._commands.All;
    }

    private void ReadAll()
    {
        while (_at < _end)
        {
            char c = _script[_at++];
            if (Frame.IsQuoted)
            {
                ReadQuoted(c);
            }
            else
            {
                ReadPlain(c);
            }
        }

        _commands.LeaveAll();
    }

    private void ReadPlain(char c)
    {
        switch (c)
        {
            case ' ' or '\t':
                _commands.EndWord();
                break;
            case '\n':
                _commands.EndCommand();
                ReadDocuments();
                break;
            case '&' when Peek('>'):
                break; // both outputs
            case '|' when !Peek('|'):
                _commands.EndCommand();
                Frame.IsPiped = true;
                _at += Peek('&') ? 1 : 0;
                break;
            case ';' or '&' or '|':
                _commands.EndCommand();
                break;
            case '(':
                _commands.EndCommand();
                Frame.Parentheses++;
                Frame.IsArithmetic |= Peek('(');
                break;
            case ')':
                ReadClosing();
                break;
            case '`':
                ReadBacktick();
                break;
            case '#' when !Frame.InWord:
                _at = _script.IndexOf('\n', _at, _end - _at) is int newline and >= 0 ? newline : _end;
                break;
            case '<' or '>':
                ReadRedirection(c);
                break;
            case '\\' when _at < _end:
                if (_script[_at++] is char escaped and not '\n')
                {
                    Frame.HasQuotes = true;
                    _commands.Append(escaped);
                }

                break;
            case '\'':
                int quote = _script.IndexOf('\'', _at, _end - _at);
                quote = quote < 0 ? _end : quote;
                _commands.AppendQuoted(_script.AsSpan(_at, quote - _at));
                _at = quote + 1;
                break;
            case '"':
                Frame.InWord = Frame.HasQuotes = Frame.IsQuoted = true;
                break;
            case '$' when Peek('\'') || Peek('"'):
                break; // another kind of quote
            case '$':
                ReadDollar();
                break;
            default:
                _commands.Append(c);
                break;
        }
    }

    private void ReadQuoted(char c)
    {
        switch (c)
        {
            case '"' when !Frame.IsText:
                Frame.IsQuoted = false;
                break;
            case '\\' when _at < _end && _script[_at] is '"' or '\\' or '$' or '`':
                _commands.Append(_script[_at++]);
                break;
            case '$':
                ReadDollar();
                break;
            case '`':
                ReadBacktick();
                break;
            default:
                _commands.Append(c);
                break;
        }
    }

    private void ReadDollar()
    {
        if (Peek('(') && _commands.MayEnter)
        {
            _at++;
            _commands.Enter(')');
            Frame.IsArithmetic = Peek('(');
        }
        else if (TryReadName(out string name, out int end) && _context.Find(name) is string value)
        {
            _at = end;
            foreach (char c in value)
            {
                if (c is ' ' or '\t' or '\n' && (!Frame.IsQuoted || name == "@"))
                {
                    _commands.EndWord();
                }
                else
                {
                    _commands.Append(c);
                }
            }
        }
        else if (!Peek('('))
        {
            _commands.Append('$');
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
        if (Frame.Closing == '`')
        {
            _commands.Leave();
        }
        else if (_commands.MayEnter)
        {
            _commands.Enter('`');
        }
    }

    private void ReadClosing()
    {
        _commands.EndCommand();
        if (Frame.Parentheses > 0)
        {
            Frame.Parentheses--;
        }
        else if (Frame is { Closing: ')', Cases: 0 })
        {
            _commands.Leave();
        }
    }

    private void ReadRedirection(char c)
    {
        _commands.DropDescriptor();
        _commands.EndWord();
        if (Peek('(') && _commands.MayEnter)
        {
            _at++;
            _commands.Enter(')');
        }
        else if (c == '<' && Peek('<'))
        {
            _at++;
            bool isString = Peek('<');
            Frame.Next = isString ? ShellOperand.Input : Frame.IsArithmetic || _isBrokenOff ? ShellOperand.Word : ShellOperand.Delimiter;
            _at += isString || Peek('-') ? 1 : 0;
        }
        else
        {
            _at += _at < _end && _script[_at] is '<' or '>' or '&' or '|' ? 1 : 0;
            Frame.Next = ShellOperand.File;
        }
    }

    private void ReadDocuments()
    {
        while (_commands.Documents.TryDequeue(out HereDocument? document))
        {
            for (int line = _at; ;)
            {
                int newline = line < _end ? _script.IndexOf('\n', line, _end - line) : -1;
                int end = newline < 0 ? _end : newline;
                if (document.EndsAt(_script.AsSpan(line, end - line)))
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
                    _commands.Documents.Clear();
                    return;
                }

                line = newline + 1;
            }
        }
    }

    private bool Peek(char c) => _at < _end && _script[_at] == c;
}
