using System.Globalization;
using Tallyman.V1;

namespace Tallyman.Rendering;

/// <summary>The part of an alert for people that says who did it: one row, and further ones for what is known beyond.</summary>
public static class ActorText
{
    private const int TextShown = 80;

    public static IEnumerable<string> Of(Alert alert, Process process)
    {
        yield return Row(
            ("host", alert.Host is { Name.Length: > 0 } host ? Escape(host.Name) : "?"),
            ("uid", User(process.Uid, process.User)),
            ("euid", process.Euid != process.Uid ? User(process.Euid, process.EffectiveUser) : ""),
            ("login", process.HasLoginuid ? User(process.Loginuid, process.LoginUser) : ""),
            ("sudo by", SudoCaller(process.Sudo)),
            ("pid", Number(process.Pid)),
            ("parent", $"{SafeText.Escape(process.ParentComm)} {process.Ppid}"),
            ("container", Escape(process.Container)),
            ("cwd", SafeText.Escape(process.Cwd)),
            ("", SafeText.Escape(process.Executable)));
        string where = Row(
            ("from", LoginOf(process.Login)),
            ("pod", PodOf(process.Pod)),
            ("unit", Escape(process.UserUnit.Length > 0 ? process.UserUnit : process.Unit)),
            ("below", string.Join(" < ", process.Ancestry.Select(NameOf))));
        if (where.Length > 0)
        {
            yield return where;
        }
    }

    private static string Row(params ReadOnlySpan<(string Name, string Text)> parts)
    {
        var row = new List<string>();
        foreach ((string name, string text) in parts)
        {
            if (text.Length > 0)
            {
                row.Add($"{name} {text}".TrimStart());
            }
        }

        return string.Join("  ", row);
    }

    private static string SudoCaller(SudoCaller? sudo) =>
        sudo is null ? "" : Claim(sudo.HasUid ? User(sudo.Uid, sudo.User) : Escape(sudo.User), sudo.From);

    private static string LoginOf(Login? login) =>
        login is not { Address.Length: > 0 } ? "" : Claim(Escape(login.Address) + (login.Service.Length > 0 ? $" by {Escape(login.Service)}" : ""), login.From);

    /// <summary>What only the process itself says is marked.</summary>
    private static string Claim(string text, string from) => from == "environment" ? text + " as it says" : text;

    private static string PodOf(Pod? pod) => pod is null ? "" : Escape(pod.Name.Length > 0 ? $"{pod.Namespace}/{pod.Name}" : pod.Uid);

    private static string NameOf(Ancestor ancestor) => $"{Escape(ancestor.Executable.Length > 0 ? ancestor.Executable : ancestor.Comm)} {ancestor.Pid}";

    private static string User(uint uid, string name) => name.Length > 0 ? $"{uid} ({Escape(name)})" : Number(uid);

    private static string Number(uint number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Escape(string text) => SafeText.Shorten(SafeText.Escape(text), TextShown);
}
