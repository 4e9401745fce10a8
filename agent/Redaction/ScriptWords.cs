namespace Tallyman.Agent.Redaction;

/// <summary>
/// Takes a shell script apart into simple commands, and keeps of each byte of a word where it stands. Not a shell: what is
/// between the commands only separates them.
/// </summary>
internal static class ScriptWords
{
    public static List<ScriptCommand> Commands(Word script)
    {
        var reader = new Reader(script);
        reader.Read();
        return reader.Commands;
    }

    /// <summary>What the next word is: one of the command's, what a here-string gives it to read, what a here-document ends with.</summary>
    private enum Operand
    {
        Word,
        Input,
        Delimiter,
    }

    private sealed class Reader(Word script)
    {
        private readonly Queue<(ScriptCommand Command, byte[] Delimiter)> _documents = new();
        private readonly List<byte> _text = [];
        private readonly List<int> _places = [];
        private ScriptCommand _command = new();
        private Operand _next;
        private bool _inWord;
        private bool _isLiteral;
        private bool _isBrokenOff; // a here-document has no end: there are no more of them

        public List<ScriptCommand> Commands { get; } = [];

        public void Read()
        {
            ReadOnlySpan<byte> text = script.Text;
            for (int i = 0; i < text.Length; i++)
            {
                switch (text[i])
                {
                    case (byte)'<' when text[i..].StartsWith("<<<"u8):
                        EndWord();
                        _next = Operand.Input;
                        i += 2;
                        break;
                    case (byte)'<' when text[i..].StartsWith("<<"u8) && !_isBrokenOff:
                        EndWord();
                        _next = Operand.Delimiter;
                        i += text[i..].StartsWith("<<-"u8) ? 2 : 1;
                        break;
                    case (byte)' ' or (byte)'\t' or (byte)'<' or (byte)'>':
                        EndWord();
                        break;
                    case (byte)'\n':
                        EndCommand();
                        i = ReadDocuments(i + 1) - 1;
                        break;
                    case (byte)';' or (byte)'&' or (byte)'|' or (byte)'(' or (byte)')' or (byte)'`':
                        EndCommand();
                        break;
                    case (byte)'\\' when i + 1 < text.Length:
                        i++;
                        if (text[i] != '\n')
                        {
                            _isLiteral = true;
                            Take(i);
                        }

                        break;
                    case (byte)'\'':
                        _inWord = _isLiteral = true;
                        for (i++; i < text.Length && text[i] != '\''; i++)
                        {
                            Take(i);
                        }

                        break;
                    case (byte)'"':
                        _inWord = true;
                        for (i++; i < text.Length && text[i] != '"'; i++)
                        {
                            if (text[i] == '\\' && i + 1 < text.Length && text[i + 1] is (byte)'"' or (byte)'\\' or (byte)'$' or (byte)'`')
                            {
                                i++;
                            }

                            Take(i);
                        }

                        break;
                    case (byte)'$' when i + 1 < text.Length && text[i + 1] is (byte)'(' or (byte)'\'':
                        break; // a command of its own, or a quote
                    default:
                        Take(i);
                        break;
                }
            }

            EndCommand();
        }

        private void Take(int index)
        {
            _inWord = true;
            _text.Add(script.Text[index]);
            _places.Add(script.PlaceOf(index));
        }

        private void EndWord()
        {
            if (_inWord)
            {
                if (_next == Operand.Delimiter)
                {
                    _documents.Enqueue((_command, _text.ToArray()));
                }
                else
                {
                    var word = new Word(_text.ToArray(), script.Arg, _places.ToArray(), _isLiteral);
                    _command.Words.Add(word);
                    _command.Input = _next == Operand.Input ? word : _command.Input;
                }

                _next = Operand.Word;
            }

            _text.Clear();
            _places.Clear();
            _inWord = _isLiteral = false;
        }

        private void EndCommand()
        {
            EndWord();
            if (_command.Words.Count > 0)
            {
                Commands.Add(_command);
                _command = new ScriptCommand();
            }

            _next = Operand.Word;
        }

        /// <param name="at">Behind the end of a line.</param>
        /// <returns>Behind the here-documents that begin there.</returns>
        private int ReadDocuments(int at)
        {
            while (_documents.TryDequeue(out (ScriptCommand Command, byte[] Delimiter) document))
            {
                int line = at;
                while (true)
                {
                    ReadOnlySpan<byte> rest = script.Text[line..];
                    int length = rest.IndexOf((byte)'\n');
                    length = length < 0 ? rest.Length : length;
                    if (rest[..length].TrimStart((byte)'\t').SequenceEqual(document.Delimiter))
                    {
                        document.Command.Input = script.Part(at, line - at);
                        at = Math.Min(line + length + 1, script.Length);
                        break;
                    }

                    if (length == rest.Length)
                    {
                        _isBrokenOff = true;
                        _documents.Clear();
                        return at;
                    }

                    line += length + 1;
                }
            }

            return at;
        }
    }
}
