using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Tallyman.Agent.Alerts;
using Tallyman.Agent.Model;
using Tallyman.Agent.Redaction;
using Tallyman.Cli;
using Tallyman.Rendering;

namespace Tallyman.Agent.Cli;

/// <summary><c>redact</c>: shows what of a command line would leave the host.</summary>
internal sealed class RedactCommand : Command, ICommandWithExamples
{
    private readonly Argument<string[]> _argv = new("argv")
    {
        Description = "The command line, with the program first",
        HelpName = "ARGV",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private readonly Option<bool> _json = new("--json") { Description = "Answer in JSON" };
    private readonly StateOption _state = new();

    public RedactCommand()
        : base("redact", "Show what of a command line would leave this host")
    {
        Add(_json);
        Add(_state);
        Add(_argv);
        SetAction(Run);
    }

    public IReadOnlyList<string> Examples =>
    [
        "tallyman redact -- docker login -u ann -p hunter2 registry.example.com",
        "tallyman redact -- docker run -e DB_PASSWORD=hunter2 alpine sh -c 'mysql -phunter2 prod'",
        "tallyman redact --json -- kubectl create secret generic db --from-literal=password=hunter2",
    ];

    private int Run(ParseResult parsed)
    {
        Argv argv = ForeignWords.Read(Name, parsed.GetValue(_argv) ?? []);

        string state = parsed.GetRequiredValue(_state);
        SecretHash? key = RedactionKey.TryLoad(state);
        Redactions redactions = new Redactor(key ?? SecretHash.OfThisProcess()).Redact(Executables.OfPath(argv[0]), argv);
        Console.WriteLine(parsed.GetValue(_json) ? Json(redactions) : Text(redactions, key is null ? state : null));
        return ExitCode.Fine;
    }

    /// <param name="keyless">The directory in which no key could be read; null if one was.</param>
    private static string Text(Redactions redactions, string? keyless)
    {
        var text = new StringBuilder(AlertText.Command(AlertMessage.OfCommandLine(redactions, null, null).CommandLine));
        foreach (Redacted place in redactions.Places)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n  argv[{place.Arg}]  {place.Mark}  {SafeText.Escape(place.Rule)}");
        }

        if (redactions.Places.Length > 0 && keyless is not null)
        {
            text.Append(CultureInfo.InvariantCulture, $"\nNo key can be read in {SafeText.Escape(keyless)}: alerts have other hashes.");
        }

        return text.ToString();
    }

    private static string Json(Redactions redactions)
    {
        using JsonDocument line = JsonDocument.Parse(AlertJson.Write(AlertMessage.OfCommandLine(redactions, null, null)));
        var output = new MemoryStream();
        using (var json = new Utf8JsonWriter(output))
        {
            json.WriteStartObject();
            foreach (JsonProperty property in line.RootElement.EnumerateObject().Where(static property => property.Name.StartsWith("argv", StringComparison.Ordinal)))
            {
                property.WriteTo(json);
            }

            json.WriteBoolean("redacted", redactions.Places.Length > 0);
            json.WriteStartArray("redactions");
            foreach (Redacted place in redactions.Places)
            {
                json.WriteStartObject();
                json.WriteNumber("arg", place.Arg);
                json.WriteString("mark", place.Mark);
                json.WriteString("rule", place.Rule);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(output.ToArray());
    }
}
