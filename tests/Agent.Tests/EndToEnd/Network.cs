using Xunit;

namespace Tallyman.Agent.Tests.EndToEnd;

/// <summary>An agent's host, a router and a collector's host, as network namespaces of this one.</summary>
internal sealed class Network : IDisposable
{
    public const string Collector = "10.213.2.2";

    private readonly string _name = $"tm{Environment.ProcessId}x{Environment.TickCount64 % 100_000}";

    public Network()
    {
        foreach (string host in new[] { Agent, Router, Server })
        {
            Ip("netns", "add", host);
            Ip("-n", host, "link", "set", "lo", "up");
        }

        Connect(Agent, 1);
        Connect(Server, 2);
        Forward();
    }

    /// <summary>What stands before a program to have it run there. "ip netns exec" would take its /sys away.</summary>
    public string[] WithinAgent => Within(Agent);

    public string[] WithinCollector => Within(Server);

    private string Agent => _name + "a";

    private string Router => _name + "r";

    private string Server => _name + "c";

    /// <summary>Nobody is told that nothing arrives.</summary>
    public void DropEverything() => SetForwarding(0);

    public void Forward() => SetForwarding(1);

    public void Cut() => Ip("-n", Router, "link", "set", "host2", "down");

    public void Mend() => Ip("-n", Router, "link", "set", "host2", "up");

    public void Dispose()
    {
        foreach (string host in new[] { Agent, Router, Server })
        {
            Programs.Run("ip", "netns", "del", host);
        }
    }

    private void Connect(string host, int subnet)
    {
        Ip("-n", host, "link", "add", "eth0", "type", "veth", "peer", "name", $"host{subnet}", "netns", Router);
        Ip("-n", host, "address", "add", $"10.213.{subnet}.2/24", "dev", "eth0");
        Ip("-n", Router, "address", "add", $"10.213.{subnet}.1/24", "dev", $"host{subnet}");
        Ip("-n", host, "link", "set", "eth0", "up");
        Ip("-n", Router, "link", "set", $"host{subnet}", "up");
        Ip("-n", host, "route", "add", "default", "via", $"10.213.{subnet}.1");
    }

    private void SetForwarding(int value) => Run(Within(Router)[0], [.. Within(Router)[1..], "sh", "-c", $"echo {value} > /proc/sys/net/ipv4/ip_forward"]);

    private static string[] Within(string host) => ["nsenter", $"--net=/run/netns/{host}"];

    private static void Ip(params string[] arguments) => Run("ip", arguments);

    private static void Run(string program, string[] arguments)
    {
        Programs.Outcome outcome = Programs.Run(program, arguments);
        Assert.True(outcome.ExitCode == 0, $"{program} {string.Join(' ', arguments)}: {outcome.Error}");
    }
}

/// <summary>A test for this kernel's eBPF and a <see cref="Network"/>: skipped, with the reason, where they cannot be had.</summary>
public sealed class NetworkFactAttribute : FactAttribute
{
    public NetworkFactAttribute() => Skip = KernelFactAttribute.Reason ?? Reason;

    /// <summary>Null where there can be one.</summary>
    public static string? Reason { get; } = FindReason();

    private static string? FindReason()
    {
        try
        {
            using var network = new Network();
            return null;
        }
        catch (Exception e)
        {
            return $"no network namespaces can be made: {e.Message.Trim()}";
        }
    }
}

/// <summary>The same for a table.</summary>
public sealed class NetworkTheoryAttribute : TheoryAttribute
{
    public NetworkTheoryAttribute() => Skip = KernelFactAttribute.Reason ?? NetworkFactAttribute.Reason;
}
