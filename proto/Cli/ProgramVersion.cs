using System.Reflection;

namespace Tallyman.Cli;

/// <summary>Version and commit of these programs: 0.1.0+b5f9c3a….</summary>
public static class ProgramVersion
{
    public static string Text { get; } =
        Assembly.GetExecutingAssembly().GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";
}
