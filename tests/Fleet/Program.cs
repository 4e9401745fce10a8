using System.CommandLine;
using Tallyman.Cli;
using Tallyman.Collector.Store;
using Tallyman.Collector.Store.Postgres;
using Tallyman.Collector.Store.Sqlite;
using Tallyman.Fleet;
using Tallyman.Tests.Support;

var seed = new Option<int>("--seed") { DefaultValueFactory = static _ => 1 };
var agents = new Option<int>("--agents") { DefaultValueFactory = static _ => 10_000 };
var bad = new Option<double>("--bad") { Description = "Share of agents that misbehave", DefaultValueFactory = static _ => 0.01 };
var active = new Option<int>("--active") { Description = "Agents that send at once under load", DefaultValueFactory = static _ => 200 };
var batch = new Option<int>("--batch") { Description = "Alerts in a batch", DefaultValueFactory = static _ => 100 };
var seconds = new Option<int>("--seconds") { Description = "How long the load lasts", DefaultValueFactory = static _ => 30 };
var stores = new Option<string[]>("--store") { Description = "sqlite, postgres", DefaultValueFactory = static _ => ["sqlite", "postgres"], AllowMultipleArgumentsPerToken = true };
var collectors = new Option<int>("--collectors") { Description = "How many share the database; SQLite has one", DefaultValueFactory = static _ => 1 };
var truth = new Option<string>("--truth") { Description = "Directory for the truth files", DefaultValueFactory = static _ => "out/fleet" };

var root = new RootCommand("Plays many agents against a collector and compares what they were told with what is stored.")
{
    seed, agents, bad, active, batch, seconds, stores, collectors, truth,
};
root.SetAction(async parsed =>
{
    var options = new FleetOptions(
        parsed.GetValue(seed), parsed.GetValue(agents), parsed.GetValue(bad), parsed.GetValue(active), parsed.GetValue(batch), TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(parsed.GetValue(seconds)));
    Directory.CreateDirectory(parsed.GetRequiredValue(truth));
    bool isRight = true;
    foreach (string store in parsed.GetRequiredValue(stores))
    {
        string file = Path.Combine(parsed.GetRequiredValue(truth), $"{store}.truth");
        if (store == "sqlite")
        {
            using var directory = new TemporaryDirectory();
            using var process = new CollectorProcess("--data", directory.Path);
            isRight &= await new Round(options, [process], TimeProvider.System).PlayAsync("SQLite", file, () => Task.FromResult<IStoreReader>(SqliteReader.Open(directory.Path)));
        }
        else
        {
            using var postgres = new PostgresServer();
            string database = postgres.CreateDatabase();
            CollectorProcess[] processes = [.. Enumerable.Range(0, parsed.GetValue(collectors)).Select(_ => new CollectorProcess("--postgres", database))];
            isRight &= await new Round(options, processes, TimeProvider.System).PlayAsync("PostgreSQL", file, async () => await PostgresReader.OpenAsync(database));
            Array.ForEach(processes, static process => process.Dispose());
        }
    }

    return isRight ? ExitCode.Fine : ExitCode.BadData;
});
return await CommandLineProgram.RunAsync(root, args);
