using Tallyman.Agent.Configuration;
using Tallyman.Agent.Local;
using Tallyman.Rendering;

namespace Tallyman.Agent;

/// <summary>Who may ask the agent how it is, and where beside its own socket, made of configuration. A change has effect with the next start.</summary>
/// <param name="Listen">For metrics and health; null for nowhere.</param>
/// <param name="Group">May ask at sockets in the file system; null for none.</param>
internal sealed record LocalSettings(ListenAddress? Listen, uint? Group)
{
    private const string Groups = "/etc/group";

    /// <param name="errors">Where there is no such address or group, that is added.</param>
    public static LocalSettings Of(AgentConfiguration configuration, List<string> errors) => new(ListenOf(configuration, errors), GroupOf(configuration, errors));

    private static ListenAddress? ListenOf(AgentConfiguration configuration, List<string> errors)
    {
        try
        {
            return configuration.Of(Settings.Listen) is string text ? ListenAddress.Parse(text) : null;
        }
        catch (Exception e) when (e is FormatException or ArgumentException) // the latter where a path has a NUL
        {
            errors.Add($"{configuration.OriginOf(Settings.Listen)}: {SafeText.Escape(e.Message)}");
            return null;
        }
    }

    private static uint? GroupOf(AgentConfiguration configuration, List<string> errors)
    {
        if (configuration.Of(Settings.SocketGroup) is not string name)
        {
            return null;
        }

        string origin = configuration.OriginOf(Settings.SocketGroup);
        try
        {
            uint? group = Peers.GroupOf(name, File.Exists(Groups) ? File.ReadLines(Groups) : []);
            if (group is null)
            {
                errors.Add($"{origin}: socket_group must be a group of {Groups} or its number, is '{SafeText.Escape(name)}'");
            }

            return group;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            errors.Add($"{origin}: {SafeText.Escape(e.Message)}");
            return null;
        }
    }
}
