using System.Collections.Immutable;
using System.Globalization;
using Tallyman.Agent.Model;

namespace Tallyman.Agent.Actors;

/// <summary>
/// Who called the sudo that an execution is below: the process above it, or what sudo says in the environment, which whoever is
/// below it may change.
/// </summary>
internal static class SudoCallers
{
    private const int LongestName = 256;

    /// <summary>Of sudo itself, of the one that Ubuntu keeps beside sudo-rs, and of that.</summary>
    private static readonly string[] Names = ["sudo", "sudo.ws", "sudo-rs"];

    /// <returns>Null if nothing says that there is a sudo.</returns>
    public static SudoCaller? Of(ExecEvent exec, ImmutableArray<Ancestor> ancestry)
    {
        Ancestor? caller = ancestry.SkipWhile(static ancestor => !IsSudo(ancestor)).FirstOrDefault(static ancestor => !IsSudo(ancestor));
        if (caller?.Uid is uint uid)
        {
            return new SudoCaller(uid, caller.User, "ancestry");
        }

        string user = exec.Environment.GetValueOrDefault("SUDO_USER").ToString();
        bool hasNumber = uint.TryParse(exec.Environment.GetValueOrDefault("SUDO_UID").Bytes, NumberStyles.None, CultureInfo.InvariantCulture, out uint number);
        return user.Length is > 0 and <= LongestName || hasNumber
            ? new SudoCaller(hasNumber ? number : null, user.Length is > 0 and <= LongestName ? user : null, "environment")
            : null;
    }

    /// <summary>It becomes root as soon as it can, so that its caller cannot end it: a program of the caller's own with that name is none.</summary>
    private static bool IsSudo(Ancestor ancestor) => ancestor.Uid == 0 && Names.Contains(ancestor.Name);
}
