namespace Tallyman.Agent.Manifests.Formats;

/// <summary>What of a project a command is about.</summary>
/// <param name="Services">Those that it names; empty for all that the profiles let.</param>
internal sealed record ComposeSelection(IReadOnlyList<string> Services, IReadOnlyList<string> Profiles)
{
    public static readonly ComposeSelection All = new([], []);

    private static readonly string[] SharedNamespaces = ["network_mode", "pid", "ipc"];

    /// <summary>Services that are scaled to none.</summary>
    public IReadOnlyList<string> Without { get; init; } = [];

    /// <summary>Whether what a service depends on is left as it is.</summary>
    public bool IsAlone { get; init; }

    /// <summary>The services that are made or started: the named ones and what they need.</summary>
    public HashSet<string> In(Cursor services)
    {
        Dictionary<string, Cursor> all = [];
        foreach (Cursor service in services.Entries)
        {
            all[service.Key] = service;
        }

        var found = new HashSet<string>(StringComparer.Ordinal);
        var waiting = new Queue<string>(Services.Count > 0 ? Services : all.Where(service => IsLet(service.Value)).Select(static service => service.Key));
        while (waiting.TryDequeue(out string? name))
        {
            if (all.TryGetValue(name, out Cursor? service) && found.Add(name) && !IsAlone)
            {
                foreach (string needed in NeedsOf(service))
                {
                    waiting.Enqueue(needed);
                }
            }
        }

        found.ExceptWith(Without);
        return found;
    }

    private bool IsLet(Cursor service)
    {
        Cursor profiles = service["profiles"];
        return !profiles.Items.Any() || Profiles.Contains("*") || profiles.Items.Any(profile => Profiles.Contains(profile.Text));
    }

    private static IEnumerable<string> NeedsOf(Cursor service)
    {
        IEnumerable<Cursor> named = service["depends_on"].Items.Concat(service["links"].Items).Concat(service["volumes_from"].Items);
        IEnumerable<string> shared = SharedNamespaces
            .Select(key => service[key].Text ?? "")
            .Where(static text => text.StartsWith("service:", StringComparison.Ordinal))
            .Select(static text => text["service:".Length..]);
        return named.Select(static each => (each.Text ?? "").Split(':')[0]).Concat(service["depends_on"].Entries.Select(static each => each.Key)).Concat(shared);
    }
}
