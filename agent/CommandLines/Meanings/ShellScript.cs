using System.Text;

namespace Tallyman.Agent.CommandLines.Meanings;

/// <summary>
/// A script for sh -c, taken apart into simple commands, each a list of words with the quotes removed. Not a shell:
/// variables stay as they are written, and what is between the commands (if, while, |, &amp;&amp;) only separates them.
/// </summary>
internal static class ShellScript
{
    /// <summary>Characters that are looked at; longer scripts are no command lines that people type.</summary>
    private const int Longest = 64 * 1024;

    private static readonly HashSet<string> Keywords = new(StringComparer.Ordinal)
    {
        "if", "then", "else", "elif", "fi", "for", "while", "until", "do", "done", "case", "esac", "in", "!", "{", "}", "function",
    };

    public static List<List<string>> Commands(string script)
    {
        var commands = new List<List<string>>();
        var words = new List<string>();
        var word = new StringBuilder();
        bool inWord = false;
        int end = Math.Min(script.Length, Longest);

        void EndWord()
        {
            if (inWord && (words.Count > 0 || !Keywords.Contains(word.ToString())))
            {
                words.Add(word.ToString());
            }

            word.Clear();
            inWord = false;
        }

        void EndCommand()
        {
            EndWord();
            if (words.Count > 0)
            {
                commands.Add(words);
                words = [];
            }
        }

        for (int i = 0; i < end; i++)
        {
            char c = script[i];
            switch (c)
            {
                case ' ' or '\t':
                    EndWord();
                    break;
                case '\n' or ';' or '&' or '|' or '(' or ')' or '`':
                    EndCommand();
                    break;
                case '#' when !inWord:
                    i = script.IndexOf('\n', i) is int newline and >= 0 ? newline - 1 : end;
                    break;
                case '<' or '>':
                    EndWord();
                    break;
                case '\\' when i + 1 < end:
                    i++;
                    if (script[i] != '\n')
                    {
                        inWord = true;
                        word.Append(script[i]);
                    }

                    break;
                case '\'':
                    inWord = true;
                    for (i++; i < end && script[i] != '\''; i++)
                    {
                        word.Append(script[i]);
                    }

                    break;
                case '"':
                    inWord = true;
                    for (i++; i < end && script[i] != '"'; i++)
                    {
                        if (script[i] == '\\' && i + 1 < end && script[i + 1] is '"' or '\\' or '$' or '`')
                        {
                            i++;
                        }

                        word.Append(script[i]);
                    }

                    break;
                case '$' when i + 1 < end && script[i + 1] is '(' or '\'':
                    break; // a command of its own, or a quote
                default:
                    inWord = true;
                    word.Append(c);
                    break;
            }
        }

        EndCommand();
        return commands;
    }
}
