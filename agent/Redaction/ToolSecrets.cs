using System.Text.Json;
using Tallyman.Agent.CommandLines;
using Tallyman.Agent.Model;

namespace Tallyman.Agent.Redaction;

/// <summary>What a tool's command line says secrets with.</summary>
internal sealed class ToolSecrets
{
    private readonly Grammar _grammar;

    /// <exception cref="InvalidDataException">A row names what the grammar does not have: a mistake in the repository.</exception>
    public ToolSecrets(Grammar grammar, JsonElement rows)
    {
        _grammar = grammar;
        foreach (JsonElement row in rows.EnumerateArray())
        {
            SecretForm form = SecretRules.FormOf(row);
            GrammarCommand[] commands = [.. SecretRules.Texts(row, "on").SelectMany(Find)];
            if (row.TryGetProperty("positionals_from", out JsonElement from))
            {
                Array.ForEach(commands, command => Positionals[command] = (from.GetInt32(), form));
            }

            foreach (string name in SecretRules.Texts(row, "flag"))
            {
                AddFlag(commands, name, form);
            }
        }
    }

    /// <summary>Flags of commands that are known, also those that look as if and do not.</summary>
    public Dictionary<GrammarFlag, SecretForm> Flags { get; } = new(ReferenceEqualityComparer.Instance);

    /// <summary>The forms by the names of flags, whatever the command: for command lines that cannot be read for certain.</summary>
    public Dictionary<string, SecretForm> Names { get; } = new(StringComparer.Ordinal);

    /// <summary>The same by the one-letter forms.</summary>
    public Dictionary<byte, SecretForm> Letters { get; } = [];

    /// <summary>Positionals of a command from one place on.</summary>
    public Dictionary<GrammarCommand, (int From, SecretForm Form)> Positionals { get; } = new(ReferenceEqualityComparer.Instance);

    private void AddFlag(GrammarCommand[] commands, string name, SecretForm form)
    {
        GrammarFlag[] flags = [.. commands.Select(command => command.Long(name)).OfType<GrammarFlag>().Where(static flag => flag.Value != FlagValue.Switch).Distinct()];
        if (flags.Length == 0)
        {
            throw new InvalidDataException($"{_grammar.Tool.Name()} has no flag --{name} with a value there");
        }

        foreach (GrammarFlag flag in flags.Where(flag => Flags.TryAdd(flag, form) && form is not (SecretForm.None or SecretForm.Instruction)))
        {
            foreach (string each in flag.Aliases.Prepend(flag.Long))
            {
                Names.TryAdd(each, form);
            }

            if (flag.Short != '\0')
            {
                Letters.TryAdd((byte)flag.Short, form);
            }
        }
    }

    /// <summary>The command of this path; a path that ends in * is all commands that begin so.</summary>
    private GrammarCommand[] Find(string path)
    {
        GrammarCommand[] found = [.. _grammar.Commands.Where(command =>
            path.EndsWith('*') ? command.Path.StartsWith(path[..^1], StringComparison.Ordinal) : command.Path == path)];
        return found.Length > 0 ? found : throw new InvalidDataException($"{_grammar.Tool.Name()} has no command '{path}'");
    }
}
