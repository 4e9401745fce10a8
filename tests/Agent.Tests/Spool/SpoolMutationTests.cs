using System.Globalization;
using Tallyman.Agent.Spool;
using Tallyman.Agent.Status;
using Xunit;

namespace Tallyman.Agent.Tests.Spool;

/// <summary>Whatever lies in the state directory, the agent starts, takes records, and counts what is lost.</summary>
public sealed class SpoolMutationTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    [Trait("Category", Faults.Category)]
    public async Task After_any_mutation_it_starts_and_goes_on()
    {
        int mutations = Faults.Rounds(300, 10_000);
        var random = new Random(Faults.Seed);
        Dictionary<string, byte[]> sound = await SoundFilesAsync();
        var outcomes = new Dictionary<string, int>();
        var lost = new List<(string Reason, ulong Count)>();
        int stored = 0;
        for (int i = 0; i < mutations; i++)
        {
            string state = Directory.CreateDirectory(_directory.File($"state{i}")).FullName;
            Dictionary<string, byte[]> files = sound.ToDictionary(static file => file.Key, static file => (byte[])file.Value.Clone());
            string what = Mutate(files, random);
            foreach ((string name, byte[] bytes) in files)
            {
                File.WriteAllBytes(Path.Combine(state, name), bytes);
            }

            try
            {
                (string outcome, List<V1.Record> found) = await StartAsync(state);
                Assert.Contains(found, static record => record.Gap?.Reason is "spool_corrupt" or "agent_restart");
                outcomes[outcome] = outcomes.GetValueOrDefault(outcome) + 1;
                stored += AlertsIn(found).Count();
                lost.AddRange(found.Select(static record => record.Gap).OfType<V1.GapRecord>().Where(static gap => gap.Count > 0).Select(static gap => (gap.Reason, gap.Count)));
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                Assert.Fail($"seed {Faults.Seed}, mutation {i} ({what}): {e}");
            }

            Directory.Delete(state, recursive: true);
        }

        Assert.True(outcomes.Count >= 2, string.Join(", ", outcomes)); // some are repaired or of no matter, some are not
        Faults.Report("spool: bits, pages, pieces and files changed, cut, inserted, exchanged, removed", mutations, stored, Faults.Lost(lost), $"starts and goes on; {outcomes.GetValueOrDefault("sound")} were sound, {outcomes.GetValueOrDefault("lost")} are told of");
    }

    public static TheoryData<string> Contents => ["directory", "link", "dangling link", "link to a device", "garbage", "empty", "fifo", "another database", "newer", "directory as wal", "link as wal", "quarantine is a file", "quarantine is a link"];

    [Theory]
    [MemberData(nameof(Contents))]
    public async Task Whatever_lies_there_under_its_name_is_moved_aside(string content)
    {
        string file = _directory.File("spool.db");
        string elsewhere = _directory.File("elsewhere");
        File.WriteAllText(elsewhere, "not to be touched");
        switch (content)
        {
            case "directory":
                Directory.CreateDirectory(Path.Combine(file, "deep", "er"));
                break;
            case "link":
                File.CreateSymbolicLink(file, elsewhere);
                break;
            case "dangling link":
                File.CreateSymbolicLink(file, _directory.File("nowhere"));
                break;
            case "link to a device":
                File.CreateSymbolicLink(file, "/dev/zero");
                break;
            case "garbage":
                File.WriteAllBytes(file, [.. Enumerable.Range(0, 100_000).Select(static i => (byte)(i * 7))]);
                break;
            case "empty":
                File.WriteAllBytes(file, []);
                break;
            case "fifo":
                Assert.Equal(0, Programs.Run("mkfifo", file).ExitCode);
                break;
            case "another database":
                Sql(file, "CREATE TABLE records (a); INSERT INTO records VALUES (1); PRAGMA user_version = 1");
                break;
            case "newer":
                SomeSpool.Open(_directory.Path).Dispose();
                Sql(file, "PRAGMA user_version = 2");
                break;
            case "directory as wal":
                SomeSpool.Open(_directory.Path).Dispose();
                Directory.CreateDirectory(file + "-wal");
                break;
            case "link as wal":
                SomeSpool.Open(_directory.Path).Dispose();
                File.CreateSymbolicLink(file + "-wal", elsewhere);
                break;
            case "quarantine is a file":
                File.WriteAllText(file, "garbage");
                File.WriteAllText(_directory.File("quarantine"), "");
                break;
            default:
                File.WriteAllText(file, "garbage");
                File.CreateSymbolicLink(_directory.File("quarantine"), "/tmp");
                break;
        }

        Assert.Equal("lost", (await StartAsync(_directory.Path)).Outcome);
        Assert.Equal("not to be touched", File.ReadAllText(elsewhere));
        Assert.False(File.Exists(_directory.File("nowhere")));
        Assert.True(Directory.Exists(_directory.File("quarantine")) && new DirectoryInfo(_directory.File("quarantine")).LinkTarget is null);
        Assert.Equal("sound", (await StartAsync(_directory.Path)).Outcome);
    }

    [Fact]
    public async Task An_agent_that_was_killed_while_it_made_its_spool_has_lost_nothing()
    {
        File.WriteAllBytes(_directory.File("spool.db.new"), new byte[5000]);
        Directory.CreateDirectory(_directory.File("spool.db.new-wal"));
        Assert.Equal("sound", (await StartAsync(_directory.Path)).Outcome);
        Assert.Equal("sound", (await StartAsync(_directory.Path)).Outcome);
    }

    [Fact]
    public async Task The_quarantine_has_bounds()
    {
        for (int i = 0; i < 8; i++)
        {
            File.WriteAllBytes(_directory.File("spool.db"), new byte[i == 7 ? 5 * 1024 * 1024 : 1000]);
            Assert.Equal("lost", (await StartAsync(_directory.Path)).Outcome);
        }

        Assert.Equal(4, Directory.GetDirectories(_directory.File("quarantine")).Length);
        Assert.InRange(Directory.GetFiles(_directory.File("quarantine"), "*", SearchOption.AllDirectories).Sum(static file => new FileInfo(file).Length), 1, SomeSpool.Size);
    }

    [Fact]
    public async Task A_record_that_the_disk_has_changed_is_a_gap_and_those_beside_it_are_not()
    {
        using (RecordSpool spool = SomeSpool.Open(_directory.Path))
        {
            spool.Append(SomeSpool.Alert("before"));
            spool.Append(SomeSpool.Alert("changed"));
            spool.Append(SomeSpool.Alert("removed"));
            spool.Append(SomeSpool.Alert("after"));
        }

        Sql(_directory.File("spool.db"), "UPDATE records SET record = CAST(replace(CAST(record AS TEXT), 'chang', 'CHANG') AS BLOB) WHERE place = 2; DELETE FROM records WHERE place = 3");
        using (SpoolView view = SpoolView.Open(_directory.Path))
        {
            Assert.Equal(["record 2 is not as it was written", "records 3 to 3 are missing, and no gap tells of them"], view.Flaws());
        }

        using RecordSpool again = SomeSpool.Open(_directory.Path);
        Assert.Equal(["before", "gap spool_corrupt 1 about", "gap spool_corrupt 1 about", "after", "gap agent_restart 0 about"], RecordSpoolTests.Texts(await again.ReadAllAsync()));
    }

    [Theory]
    [Trait("Category", Faults.Category)]
    [InlineData(0)]
    [InlineData(SpoolSchema.Version + 1)]
    public async Task The_spool_of_another_version_is_moved_aside_and_told_of(int version)
    {
        using (RecordSpool before = SomeSpool.Open(_directory.Path))
        {
            before.Append(SomeSpool.Alert("r1"));
        }

        Sql(_directory.File("spool.db"), $"PRAGMA user_version = {version}");
        (string outcome, List<V1.Record> found) = await StartAsync(_directory.Path);
        Assert.Equal(("lost", 1), (outcome, AlertsIn(found).Count()));
        string aside = Assert.Single(Directory.GetFiles(_directory.File("quarantine"), "spool.db", SearchOption.AllDirectories));
        Sql(aside, $"PRAGMA user_version = {SpoolSchema.Version}");
        using SpoolView view = SpoolView.Open(Path.GetDirectoryName(aside)!);
        Assert.Equal(["r1"], view.Records().Select(static record => record.Parse()?.Alert?.Id).OfType<string>());
        Faults.Report($"spool: of schema {version}, this agent knows {SpoolSchema.Version}", 1, 1, "unknown many spool_corrupt", "lies in quarantine, whole");
    }

    [Fact]
    [Trait("Category", Faults.Category)]
    public async Task A_journal_that_is_cut_costs_what_is_behind_the_cut_and_nothing_before()
    {
        int rounds = Faults.Rounds(20, 500);
        var random = new Random(Faults.Seed);
        (int found, int cut) = (0, 0);
        for (int round = 0; round < rounds; round++)
        {
            using var source = new TemporaryDirectory();
            using var copy = new TemporaryDirectory();
            int appended = random.Next(1, 60);
            using (RecordSpool spool = SomeSpool.Open(source.Path))
            {
                for (int i = 0; i < appended; i++)
                {
                    spool.Append(SomeSpool.Alert($"r{i}", bytes: random.Next(5000)));
                    await (random.Next(5) == 0 ? spool.SettleAsync() : Task.CompletedTask);
                }

                await spool.SettleAsync();
                foreach (string file in Directory.GetFiles(source.Path, "spool.db*").Where(static file => !file.EndsWith("-shm", StringComparison.Ordinal)))
                {
                    File.Copy(file, copy.File(Path.GetFileName(file)));
                }
            }

            using (FileStream journal = File.OpenWrite(copy.File("spool.db-wal")))
            {
                journal.SetLength(random.NextInt64(journal.Length + 1));
            }

            List<V1.Record> all = (await StartAsync(copy.Path)).Found;
            Assert.Contains(all, static record => record.Gap?.Reason is "spool_corrupt" or "agent_restart");
            string[] alerts = [.. AlertsIn(all)];
            Assert.Equal([.. Enumerable.Range(0, alerts.Length - 1).Select(static i => $"r{i}"), "new"], alerts);
            (found, cut) = (found + alerts.Length - 1, cut + appended - alerts.Length + 1);
        }

        Faults.Report("spool: its journal is cut anywhere, as by a disk that lies about flushes", rounds, found, $"within {rounds} agent_restart: {cut} behind the cut", "all before the cut are there, in order");
    }

    /// <summary>Starts with what is there, appends, reads everything, and starts once more.</summary>
    /// <returns>"sound" or "lost", and what was there.</returns>
    private static async Task<(string Outcome, List<V1.Record> Found)> StartAsync(string state)
    {
        var counters = new Counters();
        var health = new Health();
        using RecordSpool spool = SomeSpool.Open(state, counters, health);
        ulong sequence = spool.Append(SomeSpool.Alert("new"));
        List<(ulong Sequence, V1.Record Record)> waiting = await spool.ReadAllAsync();
        Assert.Contains(waiting, each => each.Sequence == sequence && each.Record.Alert?.Id == "new");
        Assert.Null(health[Ailment.SpoolFailing]);
        spool.Acknowledge(spool.Range.Epoch, spool.Range.Next - 1);
        List<V1.Record> found = [.. waiting.Select(static each => each.Record)];
        int[] alerts = [.. AlertsIn(found).Where(static id => id != "new").Select(static id => int.Parse(id[1..], CultureInfo.InvariantCulture))];
        Assert.Equal(alerts.Distinct().Order(), alerts);
        return (found.Exists(static record => record.Gap?.Reason == "spool_corrupt") ? "lost" : "sound", found);
    }

    private static IEnumerable<string> AlertsIn(List<V1.Record> records) => records.Select(static record => record.Alert?.Id).OfType<string>();

    private async Task<Dictionary<string, byte[]>> SoundFilesAsync()
    {
        string state = _directory.File("sound");
        using RecordSpool spool = SomeSpool.Open(state);
        for (int i = 0; i < 60; i++)
        {
            spool.Append(SomeSpool.Alert($"r{i}", (V1.Severity)(1 + (i % 3)), bytes: i * 100));
            if (i == 20)
            {
                await spool.ReadAllAsync();
                spool.Acknowledge(spool.Range.Epoch, 10);
            }
        }

        await spool.SettleAsync();
        return Directory.GetFiles(state, "spool.db*").ToDictionary(static file => Path.GetFileName(file), File.ReadAllBytes);
    }

    private static string Mutate(Dictionary<string, byte[]> files, Random random)
    {
        string name = files.Keys.Order().ElementAt(random.Next(files.Count));
        byte[] bytes = files[name];
        int at = random.Next(bytes.Length);
        switch (random.Next(9))
        {
            case 0:
                bytes[at] ^= (byte)(1 << random.Next(8));
                return $"a bit at {at} of {name}";
            case 1:
                random.NextBytes(bytes.AsSpan(at, Math.Min(random.Next(1, 64), bytes.Length - at)));
                return $"bytes at {at} of {name}";
            case 2:
                bytes.AsSpan(at / 4096 * 4096, Math.Min(4096, bytes.Length - (at / 4096 * 4096))).Clear();
                return $"zeroes at {at} of {name}";
            case 3:
                files[name] = bytes[..at];
                return $"{name} cut at {at}";
            case 4:
                files[name] = [.. bytes[..at], .. new byte[random.Next(1, 5000)], .. bytes[at..]];
                return $"zeroes inserted at {at} of {name}";
            case 5:
                files.Remove(name);
                return $"without {name}";
            case 6:
                files[name] = [.. bytes, .. bytes];
                return $"{name} twice";
            case 7:
                bytes[random.Next(Math.Min(100, bytes.Length))] = (byte)random.Next(256);
                return $"the head of {name}";
            default:
                string other = files.Keys.Order().ElementAt(random.Next(files.Count));
                files[name] = files[other];
                return $"{other} as {name}";
        }
    }

    private static void Sql(string file, string sql)
    {
        using var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={file};Pooling=False");
        connection.Open();
        using Microsoft.Data.Sqlite.SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
