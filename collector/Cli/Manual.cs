using System.CommandLine;
using Tallyman.Cli;
using Tallyman.Collector.Store.Sqlite;

namespace Tallyman.Collector.Cli;

/// <summary>The manual of the collector.</summary>
internal static class Manual
{
    public static ManualSection Section { get; } = new(8, "the commands", Commands);

    private static ManualPage Commands(RootCommand root)
    {
        var page = ManualPage.OfProgram(
            "tallyman-collector",
            "receive and store what agents of Tallyman tell",
            root,
            "It stores each alert once, in a file of its own or in PostgreSQL, and acknowledges it when it is on disk; it notices agents that are silent, lose something or are not who they say. There may be any number of collectors with one PostgreSQL.",
            (ExitCode.Fine, "It was told to stop, or has done what it was to do."),
            (ExitCode.Usage, "The command line is wrong."),
            (ExitCode.Unavailable, "The store cannot be used, or the address is taken."),
            (ExitCode.Software, "A mistake in the program; the log says which."),
            (ExitCode.InputOutput, "Something cannot be read or written."),
            (ExitCode.Configuration, "A certificate, a token or another file that it was given cannot be used."));
        page.Section("ENVIRONMENT");
        page.Term("PGPASSFILE, PGPASSWORD", "The password of PostgreSQL: a file that has it, or the password.");
        page.Section("SIGNALS");
        page.Term("SIGTERM, SIGINT", "Stop; agents go on with another collector. A second SIGINT ends it at once.");
        page.Section("FILES");
        page.Term(SqliteFile.In(StoreOptions.UsualDirectory), "The store, where it is not PostgreSQL.");
        page.Section("SEE ALSO");
        page.Paragraph("tallyman(8)");
        return page;
    }
}
