using Tallyman.Agent.Redaction;
using Tallyman.Rendering;

namespace Tallyman.Agent.Support;

/// <summary>Texts as others may have them: without secrets, without what a terminal would obey, and not without end.</summary>
internal sealed class BundleText(Redactor redactor)
{
    /// <summary>Of one text, in characters.</summary>
    public const int Longest = 64 * 1024;

    /// <param name="isLog">What comes last counts most.</param>
    public string Of(string text, bool isLog = false)
    {
        string whole = redactor.RedactText(Cut(text.ReplaceLineEndings("\n"), isLog)); // what has several lines, such as a key in PEM
        return string.Join('\n', whole.Split('\n').Select(line => SafeText.OneLine(redactor.RedactText(line))));
    }

    /// <summary>A file of settings or of rules.</summary>
    public string OfYaml(string text) => Of(YamlSecrets.Redact(text, redactor.IsSecretName));

    private static string Cut(string text, bool isLog) =>
        text.Length <= Longest ? text
        : isLog ? $"(what came before is left out)\n{text[^Longest..]}"
        : $"{text[..Longest]}\n(what follows is left out)\n";
}
