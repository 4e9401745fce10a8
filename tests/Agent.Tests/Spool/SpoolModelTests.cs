using System.Globalization;
using Microsoft.Data.Sqlite;
using Tallyman.Agent.Spool;
using Tallyman.V1;
using Xunit;

namespace Tallyman.Agent.Tests.Spool;

/// <summary>
/// Random work against a model of thirty lines: a collector that stores what it is sent, and a list of what was appended.
/// However the spool is opened anew, and whatever had to go, each record is stored or counted, and no name is used twice.
/// </summary>
public sealed class SpoolModelTests
{
    [Fact]
    [Trait("Category", Faults.Category)]
    public async Task Every_record_is_stored_or_counted_and_no_name_is_used_twice()
    {
        int rounds = Faults.Rounds(8, 100);
        (long stored, ulong lost) = (0, 0);
        for (int round = 0; round < rounds; round++)
        {
            (int Stored, ulong Lost) run = await new Run(seed: Faults.Seed + round).DoAsync();
            (stored, lost) = (stored + run.Stored, lost + run.Lost);
        }

        Faults.Report("spool: random work, ends, power cuts, too little room", rounds, stored, Faults.Lost([("spool_evicted", lost)]), "as a model of thirty lines has it");
    }

    private sealed class Run(int seed)
    {
        private readonly Random _random = new(seed);
        private readonly int _mostBatches = seed % 4 > 0 ? 50 : 3; // where a collector takes few, there is too little room
        private readonly Dictionary<(ulong Epoch, ulong Sequence), string> _named = [];
        private readonly Dictionary<(ulong Epoch, ulong Sequence), string> _stored = [];
        private readonly Dictionary<ulong, ulong> _next = [];
        private readonly HashSet<string> _appended = [];
        private readonly List<TemporaryDirectory> _directories = [new()];

        /// <returns>Alerts that are stored, and those that are counted as lost.</returns>
        public async Task<(int Stored, ulong Lost)> DoAsync()
        {
            RecordSpool spool = Open();
            try
            {
                for (int step = 0; step < 200; step++)
                {
                    switch (_random.Next(12))
                    {
                        case < 6:
                            Append(spool, _random.Next(1, 60));
                            break;
                        case < 9:
                            await DeliverAsync(spool, _random.Next(1, _mostBatches), refuse: _random.Next(20) == 0);
                            break;
                        case 9:
                            await spool.SettleAsync();
                            break;
                        case 10: // the agent ends
                            spool.Dispose();
                            spool = Open();
                            break;
                        default: // the power fails: what is on disk then is what there is
                            await spool.SettleAsync();
                            spool = CrashAndOpen(spool);
                            break;
                    }
                }

                await spool.SettleAsync();
                while (spool.Status.Records > 0)
                {
                    await DeliverAsync(spool, 1000, refuse: false);
                }
            }
            finally
            {
                spool.Dispose();
                _directories.ForEach(static directory => directory.Dispose());
            }

            string[] alerts = [.. _stored.Values.Where(static text => text.StartsWith('#'))];
            ulong counted = _stored.Values.Where(static text => text.StartsWith("spool_evicted", StringComparison.Ordinal)).Aggregate(0ul, static (sum, gap) => sum + ulong.Parse(gap.Split(' ')[1], CultureInfo.InvariantCulture));
            Check(alerts.Length == alerts.Distinct().Count(), "an alert is stored under two names");
            Check(_appended.IsSupersetOf(alerts), "an alert is stored that was never appended");
            Check((ulong)_appended.Count == (ulong)alerts.Length + counted, $"{_appended.Count} were appended, {alerts.Length} are stored and {counted} counted");
            Check(!_stored.Values.Any(static text => text.StartsWith("spool_corrupt", StringComparison.Ordinal)), "a hole is reported that is none");
            return (alerts.Length, counted);
        }

        private void Append(RecordSpool spool, int count)
        {
            for (int i = 0; i < count; i++)
            {
                string id = $"#{_appended.Count}";
                _appended.Add(id);
                spool.Append(SomeSpool.Alert(id, (Severity)_random.Next(1, 4), _random.Next(20) == 0 ? _random.Next(40_000) : _random.Next(3000)));
            }
        }

        /// <summary>As a collector would; acknowledges all of it, some of it or nothing.</summary>
        private async Task DeliverAsync(RecordSpool spool, int most, bool refuse)
        {
            await spool.SettleAsync();
            SpoolRange range = spool.Range;
            ulong next = Math.Max(1, _next.GetValueOrDefault(range.Epoch));
            Check(next <= range.Sent + 1, $"the collector has {next - 1}, the spool has sent {range.Sent}");
            spool.Acknowledge(range.Epoch, next - 1);
            for (int i = 0; i < most && next < range.Next; i++)
            {
                SpoolBatch batch = (await spool.ReadAsync(range.Epoch, next, _random.Next(1, 100), _random.Next(1, 100_000), default).WaitAsync(TimeSpan.FromMinutes(1)))!;
                Check(batch.First == next || (batch.First > next && batch.Records[0].Gap is not null), $"after {next - 1} comes {batch.First}");
                bool arrives = _random.Next(5) > 0;
                for (int place = 0; place < batch.Records.Count; place++)
                {
                    Take((range.Epoch, batch.First + (ulong)place), batch.Records[place], arrives);
                }

                if (!arrives)
                {
                    return;
                }

                next = _next[range.Epoch] = batch.Next;
                if (refuse)
                {
                    refuse = false;
                    spool.Reject(range.Epoch, batch.First, "refused");
                }

                if (_random.Next(4) > 0)
                {
                    spool.Acknowledge(range.Epoch, next - 1);
                }
            }
        }

        private void Take((ulong Epoch, ulong Sequence) name, V1.Record record, bool arrives)
        {
            string text = record.Gap is GapRecord gap ? string.Create(CultureInfo.InvariantCulture, $"{gap.Reason} {gap.Count}") : record.Alert.Id;
            Check(_named.TryAdd(name, text) || _named[name] == text, $"{name.Sequence} was {_named[name]} and is {text}");
            Check(!arrives || _stored.TryAdd(name, text), $"{name.Sequence} is sent again");
        }

        private RecordSpool CrashAndOpen(RecordSpool spool)
        {
            var copy = new TemporaryDirectory();
            using var connection = new SqliteConnection($"Data Source={_directories[^1].File("spool.db")};Pooling=False");
            connection.Open();
            using SqliteTransaction between = connection.BeginTransaction(deferred: false); // two commits
            foreach (string file in Directory.GetFiles(_directories[^1].Path, "spool.db*").Where(static file => !file.EndsWith("-shm", StringComparison.Ordinal)))
            {
                File.Copy(file, copy.File(Path.GetFileName(file)));
            }

            between.Dispose();
            spool.Dispose();
            _directories.Add(copy);
            return Open();
        }

        private RecordSpool Open() => SomeSpool.Open(_directories[^1].Path, memory: 64 * 1024 * 1024);

        private void Check(bool holds, string what) => Assert.True(holds, $"seed {seed}: {what}");
    }
}
