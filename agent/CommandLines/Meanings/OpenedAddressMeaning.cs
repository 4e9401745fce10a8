using Tallyman.Agent.Model;

namespace Tallyman.Agent.CommandLines.Meanings;

/// <summary>An address, or a list of them, on which the command lets others in: tcp://0.0.0.0:2375, 10.0.0.1,localhost.</summary>
internal sealed class OpenedAddressMeaning : Meaning
{
    public override void Read(Reading reading, FlagUse? use)
    {
        (string addresses, int arg) = use is FlagUse given ? (reading.Text(given), Reading.ArgOf(given))
            : reading.Positional(0) is int first and >= 0 ? (reading.Line.Text(first), first)
            : ("", -1);
        foreach (string address in addresses.Split(','))
        {
            if (IsReachedByOthers(address))
            {
                reading.Add(FactKind.OpenToNetwork, address, arg);
            }
        }
    }

    private static bool IsReachedByOthers(string address)
    {
        string host = address.StartsWith("tcp:", StringComparison.Ordinal) ? address["tcp:".Length..].TrimStart('/') : address;
        return host is not ("" or ['/', ..])
            && !host.StartsWith("unix:", StringComparison.Ordinal)
            && !host.StartsWith("fd:", StringComparison.Ordinal)
            && !host.StartsWith("127.", StringComparison.Ordinal)
            && !host.TrimStart('[').StartsWith("::1", StringComparison.Ordinal)
            && !host.StartsWith("localhost", StringComparison.OrdinalIgnoreCase);
    }
}
