using System.Diagnostics;
using Npgsql;
using Xunit;

namespace Tallyman.Collector.Tests;

/// <summary>A real PostgreSQL in a directory of its own, reached through a socket there. It does not run as root, so neither do its programs.</summary>
public sealed class PostgresServer : IAsyncLifetime, IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private int _databases;

    private string Data => _directory.File("data");

    public Task InitializeAsync()
    {
        if (Environment.IsPrivilegedProcess)
        {
            Expect(Programs.Run("chown", "postgres:", _directory.Path));
        }

        Run("initdb", "--pgdata", Data, "--username", "tallyman", "--auth", "trust", "--no-sync", "--encoding", "UTF8", "--locale", "C");
        Start();
        return Task.CompletedTask;
    }

    public void Start() => Run(
        "pg_ctl", "--pgdata", Data, "--log", _directory.File("log"), "--wait", "-o", $"-c listen_addresses= -c unix_socket_directories={_directory.Path} -c max_connections=200", "start");

    /// <summary>As by a crash of the machine's power: what is not on disk is gone.</summary>
    public void Stop() => Run("pg_ctl", "--pgdata", Data, "--mode", "immediate", "--wait", "stop");

    /// <returns>How to reach a new, empty database.</returns>
    public async Task<string> CreateDatabaseAsync()
    {
        string name = $"test{Interlocked.Increment(ref _databases)}";
        await ExecuteAsync(ConnectionString("postgres"), $"CREATE DATABASE {name}");
        return ConnectionString(name);
    }

    public static async Task<string?> ExecuteAsync(string connectionString, string statement)
    {
        await using var connection = new NpgsqlConnection(connectionString + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(statement, connection);
        return (await command.ExecuteScalarAsync())?.ToString();
    }

    public Task DisposeAsync()
    {
        Stop();
        return Task.CompletedTask;
    }

    public void Dispose() => _directory.Dispose();

    private string ConnectionString(string database) => $"Host={_directory.Path};Database={database};Username=tallyman";

    private static void Run(string program, params string[] arguments)
    {
        string path = Path.Combine(Programs.Run("pg_config", "--bindir").Output.Trim(), program);
        // Its output is not waited for: the server would keep it open.
        string[] quietly = ["-c", "exec \"$0\" \"$@\" </dev/null >/dev/null 2>&1", path, .. arguments];
        Expect(Environment.IsPrivilegedProcess
            ? Programs.Run("setpriv", ["--reuid=postgres", "--regid=postgres", "--clear-groups", "sh", .. quietly])
            : Programs.Run("sh", quietly));
    }

    private static void Expect(Programs.Outcome outcome) => Assert.True(outcome.ExitCode == 0, outcome.Error);
}

[CollectionDefinition(nameof(PostgresServer))]
public sealed class PostgresCollection : ICollectionFixture<PostgresServer>;
