namespace Tallyman.Agent.Model;

/// <summary>Which host this is, and since when it runs.</summary>
/// <param name="Id">The same for as long as the host is installed, and of no use to others: 32 hexadecimal digits, or what the site has set.</param>
/// <param name="BootId">New with every boot.</param>
public sealed record HostIdentity(string Id, string Name, string BootId);
