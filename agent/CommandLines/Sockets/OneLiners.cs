using System.Globalization;
using System.Text;
using Tallyman.Agent.Model;
using Tallyman.Rendering;

namespace Tallyman.Agent.CommandLines.Sockets;

/// <summary>Interpreters whose program stands in the arguments: python -c, perl -e. It is searched for the places of runtimes, not understood.</summary>
internal static class OneLiners
{
    /// <summary>Places of one name in one program that are reported.</summary>
    private const int MostFindings = 16;

    private static readonly Dictionary<Tool, Interpreter> Interpreters = new()
    {
        [Tool.Python] = new("c", "mWXQ", "", []),
        [Tool.Perl] = new("eE", "I", "CDFMVimx", []),
        [Tool.Ruby] = new("e", "CEIr", "FKTWix", []),
        [Tool.Node] = new("", "rC", "", ["-e", "-p", "-pe", "--eval", "--print"]),
        [Tool.Php] = new("rBRE", "cdftzS", "", ["--run", "--process-begin", "--process-code", "--process-end"]),
    };

    public static void Read(SocketReading reading, Tool tool, int from)
    {
        Interpreter interpreter = Interpreters[tool];
        for (int arg = from; arg < reading.Argv.Count && reading.Argv[arg] is [(byte)'-', _, ..]; arg++)
        {
            ReadOnlySpan<byte> text = reading.Argv[arg];
            int equals = text.IndexOf((byte)'=');
            if (interpreter.IsCode(equals < 0 ? text : text[..equals]))
            {
                arg += equals < 0 ? 1 : 0;
                Search(reading, arg, equals + 1);
            }
            else if (text[1] != '-')
            {
                arg += ReadLetters(reading, interpreter, arg);
            }
        }
    }

    /// <returns>How many further elements it took: 0 or 1.</returns>
    private static int ReadLetters(SocketReading reading, Interpreter interpreter, int arg)
    {
        ReadOnlySpan<byte> text = reading.Argv[arg];
        for (int at = 1; at < text.Length; at++)
        {
            char letter = (char)text[at];
            bool isCode = interpreter.Code.Contains(letter);
            if (isCode || interpreter.WithValue.Contains(letter))
            {
                int next = at + 1 < text.Length ? 0 : 1;
                if (isCode)
                {
                    Search(reading, arg + next, next == 0 ? at + 1 : 0);
                }

                return next;
            }

            if (interpreter.WithAttached.Contains(letter))
            {
                return 0;
            }
        }

        return 0;
    }

    private static void Search(SocketReading reading, int arg, int from)
    {
        if (arg >= reading.Argv.Count)
        {
            return;
        }

        // A path in a URL has its slashes escaped: http+unix://%2Frun%2Fdocker.sock.
        string code = SafeText.Decode(reading.Argv[arg][from..]).Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);
        foreach (string name in RuntimeSockets.Names)
        {
            foreach (int at in PlacesOf(code, name))
            {
                int start = at;
                while (start > 0 && IsInPath(code[start - 1]))
                {
                    start--;
                }

                string path = code[start..(at + name.Length)];
                bool ends = at + name.Length == code.Length || code[at + name.Length] == '/' || !IsInPath(code[at + name.Length]);
                if (ends && RuntimeSockets.IsSocket(path))
                {
                    reading.AddSocket(path, arg);
                }
            }
        }

        foreach (int port in RuntimeSockets.Ports)
        {
            SearchPort(reading, code, port.ToString(CultureInfo.InvariantCulture), arg);
        }
    }

    /// <summary>host:2375 in a text, or 2375 by itself where something is connected to.</summary>
    private static void SearchPort(SocketReading reading, string code, string port, int arg)
    {
        bool connects = code.Contains("connect", StringComparison.OrdinalIgnoreCase) || code.Contains("socket", StringComparison.OrdinalIgnoreCase)
            || code.Contains("peerport", StringComparison.OrdinalIgnoreCase);
        foreach (int at in PlacesOf(code, port))
        {
            char before = at > 0 ? code[at - 1] : ' ';
            char behind = at + port.Length < code.Length ? code[at + port.Length] : ' ';
            if (char.IsAsciiLetterOrDigit(before) || before is '_' or '.' || char.IsAsciiLetterOrDigit(behind) || behind is '_' or ']')
            {
                continue;
            }

            int start = at - 1;
            while (before == ':' && start > 0 && IsInHost(code[start - 1]))
            {
                start--;
            }

            string address = before == ':' ? code[start..(at + port.Length)] : $":{port}";
            if (address[0] != ':' || connects)
            {
                reading.AddAddress(address, arg);
            }
        }
    }

    private static IEnumerable<int> PlacesOf(string code, string text)
    {
        for (int at = code.IndexOf(text, StringComparison.Ordinal), found = 0; at >= 0 && found < MostFindings; found++)
        {
            yield return at;
            at = code.IndexOf(text, at + text.Length, StringComparison.Ordinal);
        }
    }

    private static bool IsInPath(char c) => char.IsAsciiLetterOrDigit(c) || c is '/' or '.' or '-' or '_' or '~';

    private static bool IsInHost(char c) => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '[' or ']';

    /// <param name="Code">Letters whose value is a program.</param>
    /// <param name="WithValue">Letters that take another value, attached or from the next element.</param>
    /// <param name="WithAttached">Letters that take what is attached to them, if anything.</param>
    /// <param name="Names">Whole options whose value is a program.</param>
    private sealed record Interpreter(string Code, string WithValue, string WithAttached, string[] Names)
    {
        public bool IsCode(ReadOnlySpan<byte> option)
        {
            foreach (string name in Names)
            {
                if (Ascii.Equals(option, name))
                {
                    return true;
                }
            }

            return false;
        }
    }
}
