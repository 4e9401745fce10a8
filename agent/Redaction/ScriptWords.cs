namespace Tallyman.Agent.Redaction;

/// <summary>
/// Takes a shell script apart into simple commands, and keeps of each byte of a word where it stands. Not a shell: what is
/// between the commands only separates them.
/// </summary>
internal static class ScriptWords
{
    public static List<List<Word>> Commands(Word script)
    {
        var reader = new Reader(script);
        reader.Read();
        return reader.Commands;
    }

    private sealed class Reader(Word script)
    {
        private readonly List<byte> _text = [];
        private readonly List<int> _places = [];
        private List<Word> _words = [];
        private bool _inWord;
        private bool _isLiteral;

        public List<List<Word>> Commands { get; } = [];

        public void Read()
        {
            ReadOnlySpan<byte> text = script.Text;
            for (int i = 0; i < text.Length; i++)
            {
                switch (text[i])
                {
                    case (byte)' ' or (byte)'\t' or (byte)'<' or (byte)'>':
                        EndWord();
                        break;
                    case (byte)'\n' or (byte)';' or (byte)'&' or (byte)'|' or (byte)'(' or (byte)')' or (byte)'`':
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
                _words.Add(new Word(_text.ToArray(), script.Arg, _places.ToArray(), _isLiteral));
            }

            _text.Clear();
            _places.Clear();
            _inWord = _isLiteral = false;
        }

        private void EndCommand()
        {
            EndWord();
            if (_words.Count > 0)
            {
                Commands.Add(_words);
                _words = [];
            }
        }
    }
}
