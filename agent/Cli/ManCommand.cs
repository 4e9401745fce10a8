using System.CommandLine;
using System.Globalization;
using Tallyman.Agent.Configuration;
using Tallyman.Agent.Suppression;
using Tallyman.Cli;

namespace Tallyman.Agent.Cli;

/// <summary><c>man</c>: prints the manual, which packages install.</summary>
internal sealed class ManCommand : Command, ICommandWithExamples
{
    private readonly Argument<int> _section = new("section")
    {
        Description = "8 for the commands, 5 for the files of settings",
        HelpName = "SECTION",
        DefaultValueFactory = static _ => 8,
    };

    public ManCommand()
        : base("man", "Print a page of the manual, for man -l")
    {
        _section.Validators.Add(static result =>
        {
            if (result.Tokens is [{ Value: not ("5" or "8") and string wrong }])
            {
                result.AddError($"SECTION must be 5 or 8, is '{wrong}'");
            }
        });
        Add(_section);
        SetAction(parsed => Console.Write(PageOf((RootCommand)Parents.First(), parsed.GetValue(_section))));
    }

    public IReadOnlyList<string> Examples => ["tallyman man > tallyman.8", "tallyman man 5 | man -l -"];

    internal static ManualPage PageOf(RootCommand root, int section) => section == 5 ? Files() : Commands(root);

    private static ManualPage Commands(RootCommand root)
    {
        var page = new ManualPage("tallyman", 8, $"Tallyman {ProgramVersion.Text}", "tell who uses a container command line to get at the host");
        page.Section("SYNOPSIS");
        page.Paragraph("tallyman COMMAND [OPTION]...");
        page.Section("DESCRIPTION");
        page.Paragraph(root.Description!);
        page.Paragraph("It watches every program that starts, reads the arguments of docker, kubectl, podman, nerdctl, crictl and ctr as these tools do themselves, weighs what they ask for, and delivers alerts to collectors so that none is lost uncounted.");
        page.Commands("tallyman", root);
        page.Section("EXIT STATUS");
        foreach ((int code, string meaning) in new[]
        {
            (ExitCode.Fine, "All is well."),
            (ExitCode.Found, "What was looked for is there: an alert in replayed logs, an example of a rule that is wrong."),
            (ExitCode.Usage, "The command line is wrong."),
            (ExitCode.BadData, "The input is wrong."),
            (ExitCode.Unavailable, "Something that is needed is not there."),
            (ExitCode.Software, "A mistake in the program; the log says which."),
            (ExitCode.InputOutput, "Something cannot be read or written."),
            (ExitCode.NoPermission, "This user may not do that."),
            (ExitCode.Configuration, "A file of settings or a variable is wrong."),
        })
        {
            page.Term(code.ToString(CultureInfo.InvariantCulture), meaning);
        }

        page.Section("SIGNALS");
        page.Term("SIGHUP", "Take the configuration as it is now.");
        page.Term("SIGTERM, SIGINT", "Stop, and deliver what is there.");
        page.Section("FILES");
        page.Term(ConfigurationPlaces.Site, "Settings: tallyman.yaml(5).");
        page.Term(Settings.State.Default!, "What outlives the agent.");
        page.Section("SEE ALSO");
        page.Paragraph("tallyman.yaml(5)");
        return page;
    }

    private static ManualPage Files()
    {
        var page = new ManualPage("tallyman.yaml", 5, $"Tallyman {ProgramVersion.Text}", "settings of tallyman");
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
