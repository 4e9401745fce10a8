namespace Tallyman.Tests.Support;

/// <summary>A real PostgreSQL in a directory of its own, reached through a socket there. It does not run as root, so neither do its programs.</summary>
internal sealed class PostgresServer : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly string _programs = Programs.Run("pg_config", "--bindir").Output.Trim();
    private int _databases;

    public PostgresServer()
    {
        if (Environment.IsPrivilegedProcess)
        {
            Expect(Programs.Run("chown", "postgres:", _directory.Path));
        }

        Run("initdb", "--pgdata", Data, "--username", "tallyman", "--auth", "trust", "--no-sync", "--encoding", "UTF8", "--locale", "C");
        Start();
    }

    private string Data => _directory.File("data");

    public void Start() => Run(
        "pg_ctl", "--pgdata", Data, "--log", _directory.File("log"), "--wait", "-o", $"-c listen_addresses= -c unix_socket_directories={_directory.Path} -c max_connections=200", "start");

    /// <summary>As by a failing machine: nobody is told, nothing is finished.</summary>
    public void Stop() => Run("pg_ctl", "--pgdata", Data, "--mode", "immediate", "--wait", "stop");

    /// <summary>SIGKILL for all of its processes at once.</summary>
    public void Kill()
    {
        string server = File.ReadLines(Path.Combine(Data, "postmaster.pid")).First();
        Programs.Run("sh", "-c", $"kill -9 {server} $(cat /proc/{server}/task/{server}/children)"); // some may just have ended
        while (Directory.Exists($"/proc/{server}") && !File.ReadAllText($"/proc/{server}/stat").Contains(") Z ", StringComparison.Ordinal))
        {
            Task.Delay(10).GetAwaiter().GetResult();
        }
    }

    /// <returns>How to reach a new, empty database.</returns>
    public string CreateDatabase()
    {
        string name = $"test{Interlocked.Increment(ref _databases)}";
        Query(ConnectionString("postgres"), $"CREATE DATABASE {name}");
        return ConnectionString(name);
    }

    /// <returns>The only value of the answer, or nothing.</returns>
    public string Query(string connectionString, string statement)
    {
        string database = connectionString.Split("Database=")[1].Split(';')[0];
        return Expect(Programs.Run(Path.Combine(_programs, "psql"), "--host", _directory.Path, "--username", "tallyman", "--no-psqlrc", "-qAt", "-d", database, "-c", statement))
            .Output.TrimEnd('\n');
    }

    public void Dispose()
    {
        Stop();
        _directory.Dispose();
    }

    private string ConnectionString(string database) => $"Host={_directory.Path};Database={database};Username=tallyman";

    private void Run(string program, params string[] arguments)
    {
        // Its output is not waited for: the server would keep it open.
        string[] quietly = ["-c", "exec \"$0\" \"$@\" </dev/null >/dev/null 2>&1", Path.Combine(_programs, program), .. arguments];
        Expect(Environment.IsPrivilegedProcess
            ? Programs.Run("setpriv", ["--reuid=postgres", "--regid=postgres", "--clear-groups", "sh", .. quietly])
            : Programs.Run("sh", quietly));
    }

    private static Programs.Outcome Expect(Programs.Outcome outcome) =>
        outcome.ExitCode == 0 ? outcome : throw new InvalidOperationException(outcome.Output + outcome.Error);
}
