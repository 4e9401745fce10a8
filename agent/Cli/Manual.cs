using System.CommandLine;
using Tallyman.Agent.Configuration;
using Tallyman.Agent.Suppression;
using Tallyman.Cli;

namespace Tallyman.Agent.Cli;

/// <summary>The manual of the agent.</summary>
internal static class Manual
{
    public static ManualSection[] Sections { get; } = [new(8, "the commands", Commands), new(5, "the files of settings", static _ => Files())];

    private static ManualPage Commands(RootCommand root)
    {
        var page = ManualPage.OfProgram(
            "tallyman",
            "tell who uses a container command line to get at the host",
            root,
            "It watches every program that starts, reads the arguments of docker, kubectl, podman, nerdctl, crictl and ctr as these tools do themselves, weighs what they ask for, and delivers alerts to collectors so that none is lost uncounted.",
            (ExitCode.Fine, "All is well."),
            (ExitCode.Found, "What was looked for is there: an alert in replayed logs, an example of a rule that is wrong. Of status: the agent works, and something is wrong."),
            (ExitCode.Dead, "Of status: the agent does not work."),
            (ExitCode.Usage, "The command line is wrong."),
            (ExitCode.BadData, "The input is wrong."),
            (ExitCode.Unavailable, "Something that is needed is not there."),
            (ExitCode.Software, "A mistake in the program; the log says which."),
            (ExitCode.InputOutput, "Something cannot be read or written."),
            (ExitCode.NoPermission, "This user may not do that."),
            (ExitCode.Configuration, "A file of settings or a variable is wrong."));
        page.Section("SIGNALS");
        page.Term("SIGHUP", "Take the configuration as it is now.");
        page.Term("SIGTERM, SIGINT", "Stop, and deliver what is there. A second SIGINT ends it at once; what is not delivered waits on disk.");
        page.Section("FILES");
        page.Term(ConfigurationPlaces.Site, "Settings: tallyman.yaml(5).");
        page.Term(Settings.State.Default!, "What outlives the agent.");
        page.Section("SEE ALSO");
        page.Paragraph("tallyman.yaml(5), tallyman-collector(8)");
        return page;
    }

    private static ManualPage Files()
    {
        var page = new ManualPage("tallyman.yaml", 5, "settings of tallyman");
        page.Section("DESCRIPTION");
        page.Paragraph($"Settings are read from {ConfigurationPlaces.Vendor}/*.yaml, {ConfigurationPlaces.Site}, {ConfigurationPlaces.SiteDirectory}/*.yaml, the environment and the command line. What comes later goes before what came earlier; a list replaces the one before it, exceptions add up.");
        page.Section("SETTINGS");
        foreach (Setting setting in Settings.All)
        {
            page.Term(setting.Path, $"{setting.Sentence}. Must be {setting.Kind.MustBe}{(setting.IsList ? ", or a list of these" : "")}.{(setting.DefaultText is string value ? $" Default: {value}." : "")} {setting.Flag}, {setting.Variable}. A change has effect {(setting.IsReloaded ? "at once" : "with the next start")}.");
        }

        page.Section("EXCEPTIONS");
        page.Paragraph($"Under {ConfigurationFile.ExceptionsKey} stands a list of alerts that are expected. Each has name, match, effect (suppress, lower to MEDIUM, lower to HIGH), until (a day, or never), reason and owner. All conditions under match must hold: {ExceptionFile.Indicators}, {string.Join(", ", ExceptionFile.Questions.Keys)}.");
        page.Section("SEE ALSO");
        page.Paragraph("tallyman(8)");
        return page;
    }
}
