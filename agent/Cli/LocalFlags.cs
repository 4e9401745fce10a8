using System.CommandLine;
using Tallyman.Agent.Local;
using Tallyman.Cli;

namespace Tallyman.Agent.Cli;

/// <summary>Who may ask the agent, and where: <c>--listen</c>, <c>--socket-group</c>.</summary>
internal sealed class LocalFlags
{
    private const string Groups = "/etc/group";

    private readonly Option<string?> _listen = new("--listen")
    {
        Description = "Give metrics and health at 127.0.0.1:PORT, [::1]:PORT or unix:/PATH, too",
        HelpName = "ADDRESS",
    };

    private readonly Option<string?> _group = new("--socket-group")
    {
        Description = "Who may ask at sockets in the file system beside root and the agent's own user",
        HelpName = "GROUP",
    };

    public void AddTo(Command command)
    {
        command.Add(_listen);
        command.Add(_group);
    }

    public LocalOptions Of(ParseResult parsed, string state) =>
        new(LocalPaths.OfAgent(Environment.GetEnvironmentVariable("RUNTIME_DIRECTORY"), state), ListenOf(parsed), GroupOf(parsed));

    private ListenAddress? ListenOf(ParseResult parsed)
    {
        try
        {
            return parsed.GetValue(_listen) is string text ? ListenAddress.Parse(text) : null;
        }
        catch (FormatException e)
        {
            throw new UserException(ExitCode.Usage, $"--listen: {e.Message}");
        }
    }

    private uint? GroupOf(ParseResult parsed) =>
        parsed.GetValue(_group) is not string name ? null
        : Peers.GroupOf(name, File.Exists(Groups) ? File.ReadLines(Groups) : []) is uint group ? group
        : throw new UserException(ExitCode.Usage, $"--socket-group must be a group of {Groups} or its number, is '{name}'");
}
