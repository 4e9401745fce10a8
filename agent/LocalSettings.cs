using Tallyman.Agent.Configuration;
using Tallyman.Agent.Local;

namespace Tallyman.Agent;

/// <summary>Who may ask the agent how it is, and where, made of configuration.</summary>
internal static class LocalSettings
{
    private const string Groups = "/etc/group";

    /// <param name="runtimeDirectory">RUNTIME_DIRECTORY, where systemd has made one.</param>
    /// <exception cref="ConfigurationException">There is no such address or group.</exception>
    public static LocalOptions Of(AgentConfiguration configuration, string? runtimeDirectory) => new(
        LocalPaths.OfAgent(runtimeDirectory, configuration.Of(Settings.State)!), ListenOf(configuration), GroupOf(configuration));

    private static ListenAddress? ListenOf(AgentConfiguration configuration)
    {
        try
        {
            return configuration.Of(Settings.Listen) is string text ? ListenAddress.Parse(text) : null;
        }
        catch (FormatException e)
        {
            throw new ConfigurationException([$"{configuration.OriginOf(Settings.Listen)}: {e.Message}"]);
        }
    }

    private static uint? GroupOf(AgentConfiguration configuration) =>
        configuration.Of(Settings.SocketGroup) is not string name ? null
        : Peers.GroupOf(name, File.Exists(Groups) ? File.ReadLines(Groups) : []) is uint group ? group
        : throw new ConfigurationException([$"{configuration.OriginOf(Settings.SocketGroup)}: socket_group must be a group of {Groups} or its number, is '{name}'"]);
}
