using System.CommandLine;
using Tallyman.Cli;

namespace Tallyman.Collector.Cli;

/// <summary>Where the store is, as all commands take it.</summary>
internal sealed class StoreOptions
{
    public const string UsualDirectory = "/var/lib/tallyman-collector";

    public Option<string> Data { get; } = new("--data")
    {
        Description = "The directory of the store",
        HelpName = "DIR",
        DefaultValueFactory = static _ => UsualDirectory,
    };

    public Option<string?> Postgres { get; } = new("--postgres")
    {
        Description = "Store in PostgreSQL instead; keep the password in PGPASSFILE or PGPASSWORD, others see command lines",
        HelpName = "CONNECTION",
    };

    public void AddTo(Command command)
    {
        Data.Validators.Add(CommandLineProgram.NameMustNotBeEmpty);
        command.Add(Data);
        command.Add(Postgres);
    }
}
