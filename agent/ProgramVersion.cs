using System.Reflection;

namespace Tallyman.Agent;

/// <summary>Version and commit of this program: 0.1.0+b5f9c3a….</summary>
internal static class ProgramVersion
{
    public static string Text { get; } =
        Assembly.GetExecutingAssembly().GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";
}
