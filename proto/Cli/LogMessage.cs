using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Tallyman.Rendering;

namespace Tallyman.Cli;

/// <summary>A message as a line without its time, so that equal ones are equal.</summary>
/// <param name="Category">The full name of the class whose message it is.</param>
/// <param name="Event">The name of the method that logs it.</param>
/// <param name="Fields">What is in the text, by name.</param>
internal sealed record LogMessage(LogLevel Level, string Category, string Event, string Text, IReadOnlyList<KeyValuePair<string, object?>> Fields, Exception? Exception)
{
    private const string Template = "{OriginalFormat}"; // a field that is none

    /// <summary>Whatever the host has put into it, it is one line.</summary>
    public string Line(LogFormat format) => format switch
    {
        LogFormat.Json => Json(),
        LogFormat.Journal => $"<{Priority}>{WithException()}",
        _ => Prefix + WithException(),
    };

    /// <summary>The line of a message, said once more for all times that it was not said.</summary>
    public static string WithCount(string line, int times, LogFormat format) => format == LogFormat.Json
        ? string.Create(CultureInfo.InvariantCulture, $"{line[..^1]},\"repeated\":{times}}}")
        : string.Create(CultureInfo.InvariantCulture, $"{line} (and {times} times more)");

    private string Prefix => Level switch
    {
        LogLevel.Critical or LogLevel.Error => "error: ",
        LogLevel.Warning => "warning: ",
        _ => "",
    };

    /// <summary>Of syslog(3).</summary>
    private int Priority => Level switch
    {
        LogLevel.Critical => 2,
        LogLevel.Error => 3,
        LogLevel.Warning => 4,
        LogLevel.Information => 6,
        _ => 7,
    };

    private string WithException() => SafeText.OneLine(Exception is null ? Text : $"{Text}: {Exception.ToString().ReplaceLineEndings(" | ")}");

    private string Json()
    {
        var output = new MemoryStream();
        using (var json = new Utf8JsonWriter(output))
        {
            json.WriteStartObject();
            json.WriteString("level", JsonNamingPolicy.SnakeCaseLower.ConvertName(Level.ToString()));
            json.WriteString("id", $"{Category}.{Event}");
            json.WriteString("message", Text);
            json.WriteStartObject("fields");
            foreach ((string name, object? value) in Fields.Where(static field => field.Key != Template))
            {
                Write(json, JsonNamingPolicy.SnakeCaseLower.ConvertName(name), value);
            }

            json.WriteEndObject();
            if (Exception is not null)
            {
                json.WriteString("exception", Exception.ToString());
            }

            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(output.ToArray());
    }

    private static void Write(Utf8JsonWriter json, string name, object? value)
    {
        switch (value)
        {
            case null:
                json.WriteNull(name);
                break;
            case int or uint or long:
                json.WriteNumber(name, Convert.ToInt64(value, CultureInfo.InvariantCulture));
                break;
            case ulong number:
                json.WriteNumber(name, number);
                break;
            default:
                json.WriteString(name, Convert.ToString(value, CultureInfo.InvariantCulture));
                break;
        }
    }
}
