namespace Tallyman.Agent.Local;

/// <summary>Where an agent and "tallyman status" meet.</summary>
internal static class LocalPaths
{
    private const string Name = "tallyman.sock";

    /// <summary>What packaging/systemd has systemd make for the service.</summary>
    private const string UsualDirectory = "/run/tallyman";

    /// <param name="runtimeDirectory">RUNTIME_DIRECTORY, of systemd: one or more, with colons between; null where there is none.</param>
    /// <param name="state">The state directory, for agents without systemd.</param>
    public static string OfAgent(string? runtimeDirectory, string state) =>
        Path.Combine(string.IsNullOrEmpty(runtimeDirectory) ? state : runtimeDirectory.Split(':')[0], Name);

    /// <param name="state">The directory of an agent that was started by hand; null for the agent of this host.</param>
    public static string OfClient(string? state, string usualState)
    {
        string usual = Path.Combine(UsualDirectory, Name);
        return Path.Combine(state ?? usualState, Name) is string path && (state is not null || !File.Exists(usual)) ? path : usual;
    }
}
