using System.CommandLine;
using System.Text;

namespace Tallyman.Cli;

/// <summary>Scripts that have a shell complete a program's commands, options and their values.</summary>
public static class ShellCompletion
{
    public static readonly string[] Shells = ["bash", "zsh", "fish"];

    public static string Of(string shell, string program, RootCommand root) => shell switch
    {
        "fish" => Fish(program, root),
        "zsh" => $"#compdef {program}\nautoload -U +X bashcompinit && bashcompinit\n{Bash(program, root)}",
        _ => Bash(program, root),
    };

    private static string Bash(string program, RootCommand root)
    {
        CommandModel[] commands = [.. CommandModel.Of(root)];
        string function = "_" + program.Replace('-', '_');
        var script = new StringBuilder();
        script.Append($$"""
            {{function}}() {
                local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} path="" words="" word
                for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
                    case "$path $word" in
                        {{string.Join('|', commands.Where(static each => each.Path.Length > 0).Select(static each => each.Path.Contains(' ', StringComparison.Ordinal) ? $"\"{each.Path}\"" : $"\" {each.Path}\""))}}) path="${path:+$path }$word" ;;
                    esac
                done
                case $previous in

            """);
        foreach ((string option, string[] values) in commands.SelectMany(static each => each.Options).Select(static option => (option.Name, CommandModel.ValuesOf(option).ToArray())).Where(static each => each.Item2.Length > 0).DistinctBy(static each => each.Name))
        {
            script.Append($"        {option}) words=\"{string.Join(' ', values)}\" ;;\n");
        }

        script.Append("        *) case $path in\n");
        foreach (CommandModel command in commands)
        {
            script.Append($"            \"{command.Path}\") words=\"{string.Join(' ', WordsOf(command))}\" ;;\n");
        }

        return script.Append($"        esac ;;\n    esac\n    COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n}}\ncomplete -o default -F {function} {program}\n").ToString();
    }

    private static string Fish(string program, RootCommand root)
    {
        var script = new StringBuilder($"complete -c {program} -f\n");
        foreach (CommandModel command in CommandModel.Of(root))
        {
            string[] path = command.Path.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            string below = string.Join(' ', command.Subcommands.Select(static each => each.Name));
            string seen = path.Length == 0 ? "__fish_use_subcommand"
                : string.Join("; and ", path.Select(static word => $"__fish_seen_subcommand_from {word}")) + (below.Length > 0 ? $"; and not __fish_seen_subcommand_from {below}" : "");
            foreach (Command sub in command.Subcommands)
            {
                script.Append($"complete -c {program} -n '{seen}' -a {sub.Name} -d {Quote(sub.Description)}\n");
            }

            foreach (Option option in command.Options)
            {
                string values = string.Join(' ', CommandModel.ValuesOf(option));
                string takes = option.ValueType == typeof(bool) || option.Arity.MaximumNumberOfValues == 0 ? "" : values.Length > 0 ? $" -x -a '{values}'" : " -r -F";
                script.Append($"complete -c {program} -n '{seen}' -l {option.Name.TrimStart('-')}{takes} -d {Quote(option.Description)}\n");
            }
        }

        return script.ToString();
    }

    private static IEnumerable<string> WordsOf(CommandModel command) =>
        command.Subcommands.Select(static each => each.Name).Concat(command.Options.Select(static option => option.Name));

    private static string Quote(string? text) => $"'{(text ?? "").Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal)}'";
}
