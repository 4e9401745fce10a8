using System.Security.Cryptography;
using System.Text;
using Tallyman.Agent.Model;

namespace Tallyman.Agent.Sources;

/// <summary>Reads which host this is.</summary>
internal static class HostIdentityReader
{
    /// <param name="name">In the place of the host's own; null for that.</param>
    /// <param name="id">Likewise.</param>
    public static HostIdentity Read(string? name, string? id)
    {
        name ??= ReadLine("/proc/sys/kernel/hostname") ?? Environment.MachineName;
        string bootId = ReadLine("/proc/sys/kernel/random/boot_id")?.Replace("-", "", StringComparison.Ordinal) ?? "";
        string machine = ReadLine("/etc/machine-id") ?? ReadLine("/var/lib/dbus/machine-id") ?? $"host {name}";

        // machine-id(5) asks not to tell the id itself to others: a keyed hash of it does as well.
        byte[] hash = HMACSHA256.HashData(Encoding.UTF8.GetBytes(machine), "tallyman host id"u8);
        return new HostIdentity(id ?? Convert.ToHexStringLower(hash.AsSpan(0, 16)), name, bootId);
    }

    private static string? ReadLine(string file)
    {
        try
        {
            return File.ReadLines(file).FirstOrDefault() is { Length: > 0 } line ? line.Trim() : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
