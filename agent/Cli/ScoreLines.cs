using System.Globalization;
using System.Text.Json;
using System.Text.Unicode;
using Tallyman.Agent.Model;
using Tallyman.Agent.Rules;
using Tallyman.Cli;
using Tallyman.Rendering;

namespace Tallyman.Agent.Cli;

/// <summary><c>score --jsonl</c>: a command line a line in, an answer a line out, in the same order.</summary>
internal static class ScoreLines
{
    /// <exception cref="UserException">A line is none; the message names it and the reason. The answers to those before it are written.</exception>
    public static int Run(RuleSet rules, string directory, Stream input, TextWriter output)
    {
        int number = 0;
        foreach (ReadOnlyMemory<byte> line in LinesOf(input))
        {
            number++;
            if (line.Span.Trim(" \t\r"u8).IsEmpty)
            {
                continue;
            }

            try
            {
                (Argv argv, string? cwd, string? executable) = Read(line);
                output.WriteLine(AlertJson.Write(Scorer.Answer(rules, argv, cwd ?? directory, executable)));
            }
            catch (Exception e) when (e is JsonException or FormatException or ArgumentException or InvalidOperationException)
            {
                output.Flush();
                throw new UserException(ExitCode.BadData, string.Create(CultureInfo.InvariantCulture, $"line {number}: {SafeText.Escape(e.Message)}"));
            }
        }

        output.Flush();
        return ExitCode.Fine;
    }

    private static (Argv Argv, string? Directory, string? Executable) Read(ReadOnlyMemory<byte> line)
    {
        if (!Utf8.IsValid(line.Span))
        {
            throw new FormatException("must be UTF-8, and is not");
        }

        using JsonDocument document = JsonDocument.Parse(line);
        JsonElement root = document.RootElement;
        if (root.ValueKind == JsonValueKind.Array)
        {
            return (ArgvOf(root), null, null);
        }

        if (root.ValueKind != JsonValueKind.Object)
        {
            throw new FormatException($"must be an array of strings or an object with argv, is {NameOf(root.ValueKind)}");
        }

        Argv? argv = null;
        string? directory = null;
        string? executable = null;
        foreach (JsonProperty property in root.EnumerateObject())
        {
            switch (property.Name)
            {
                case "argv":
                    argv = ArgvOf(property.Value);
                    break;
                case "cwd":
                    directory = TextOf(property);
                    break;
                case "exe":
                    executable = TextOf(property);
                    break;
                default:
                    throw new FormatException($"'{property.Name}' is not known; there are argv, cwd and exe");
            }
        }

        return (argv ?? throw new FormatException("argv is missing"), directory, executable);
    }

    /// <summary>The lines of a stream without their ends, each valid until the next is taken.</summary>
    private static IEnumerable<ReadOnlyMemory<byte>> LinesOf(Stream input)
    {
        byte[] buffer = new byte[64 * 1024];
        int start = 0;
        int end = 0;
        while (true)
        {
            int newline = buffer.AsSpan(start, end - start).IndexOf((byte)'\n');
            if (newline >= 0)
            {
                yield return buffer.AsMemory(start, newline);
                start += newline + 1;
                continue;
            }

            buffer.AsSpan(start, end - start).CopyTo(buffer);
            end -= start;
            start = 0;
            if (end == buffer.Length)
            {
                Array.Resize(ref buffer, buffer.Length * 2);
            }

            int read = input.Read(buffer, end, buffer.Length - end);
            if (read == 0)
            {
                break;
            }

            end += read;
        }

        if (end > 0)
        {
            yield return buffer.AsMemory(0, end);
        }
    }

    private static Argv ArgvOf(JsonElement array)
    {
        if (array.ValueKind != JsonValueKind.Array)
        {
            throw new FormatException($"argv must be an array of strings, is {NameOf(array.ValueKind)}");
        }

        string[] words = new string[array.GetArrayLength()];
        int i = 0;
        foreach (JsonElement word in array.EnumerateArray())
        {
            words[i] = word.ValueKind == JsonValueKind.String
                ? word.GetString()!
                : throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"argument {i} must be a string, is {NameOf(word.ValueKind)}"));
            i++;
        }

        return Argv.Of(words);
    }

    private static string TextOf(JsonProperty property) => property.Value.ValueKind == JsonValueKind.String
        ? property.Value.GetString()!
        : throw new FormatException($"{property.Name} must be a string, is {NameOf(property.Value.ValueKind)}");

    private static string NameOf(JsonValueKind kind) => kind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        JsonValueKind.String => "a string",
        JsonValueKind.Number => "a number",
        JsonValueKind.Null => "null",
        _ => "true or false",
    };
}
