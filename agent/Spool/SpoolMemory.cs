using System.Diagnostics.CodeAnalysis;
using Tallyman.Rendering;
using Tallyman.V1;

namespace Tallyman.Agent.Spool;

/// <summary>What the writing thread is to do in one commit.</summary>
/// <param name="Target">How the state is to be.</param>
internal sealed record SpoolWork(SpoolState Target, List<SpooledRecord> Records, (ulong Place, string Reason)[] Refused, ReadRequest? Request);

/// <summary>What was sent from memory and answered.</summary>
/// <param name="Alerts">That a collector has stored.</param>
/// <param name="Refused">What it will never take.</param>
internal readonly record struct Forgotten(long Records, long Alerts, Rank[] Refused);

/// <summary>
/// The spool as it is to be, in memory: the disk follows. Any thread may use it, and nobody waits here for longer than others
/// need to look at it.
/// </summary>
internal sealed class SpoolMemory(long mostBytes, TimeProvider time)
{
    private const int MostAtOnce = 1024;
    private const int LongestReason = 256;
    private const long MostBytesAtOnce = 2 * 1024 * 1024;

    private readonly MemoryTail _tail = new(mostBytes, time);
    private readonly List<(ulong Place, string Reason)> _refused = [];
    private SpoolState _state = SpoolState.New(time.GetUtcNow());
    private SpoolStatus _disk;
    private ulong _first = 1;
    private ulong _onDisk; // the last place that is
    private ulong _writing; // the last place that is being written
    private bool _failing;
    private bool _stopping;
    private ReadRequest? _request;

    public SpoolRange Range
    {
        get
        {
            lock (_tail)
            {
                ulong first = Math.Max(_first, _state.Origin + 1);
                return new(_state.Epoch, _state.SequenceOf(first), _state.SequenceOf(_state.Acknowledged), _state.SequenceOf(_state.Sent), _state.SequenceOf(_state.Next));
            }
        }
    }

    public SpoolStatus Status
    {
        get
        {
            lock (_tail)
            {
                return _disk with { Records = _disk.Records + _tail.Count, Alerts = _disk.Alerts + _tail.Alerts, Bytes = _disk.Bytes + _tail.Bytes, InMemory = _tail.Count, Oldest = _disk.Oldest ?? _tail.Oldest };
            }
        }
    }

    public SpoolState State
    {
        get
        {
            lock (_tail)
            {
                return _state;
            }
        }
    }

    /// <summary>What waits on disk.</summary>
    public SpoolStatus OnDisk
    {
        get
        {
            lock (_tail)
            {
                return _disk;
            }
        }
    }

    /// <param name="hasRoom">False if only a gap is kept.</param>
    /// <returns>The record's sequence.</returns>
    public ulong Append(SpooledRecord record, out bool hasRoom)
    {
        lock (_tail)
        {
            ulong place = _state.Next;
            _state = _state with { Next = place + 1 };
            hasRoom = _tail.Add(record with { Place = place }, Math.Max(_writing, _state.Sent));
            Monitor.Pulse(_tail);
            return _state.SequenceOf(place);
        }
    }

    public void Acknowledge(ulong epoch, ulong upTo)
    {
        lock (_tail)
        {
            if (epoch == _state.Epoch && upTo > _state.SequenceOf(_state.Acknowledged) && upTo <= _state.SequenceOf(_state.Sent))
            {
                _state = _state with { Acknowledged = _state.PlaceOf(upTo) };
                Monitor.Pulse(_tail);
            }
        }
    }

    public void Reject(ulong epoch, ulong sequence, string reason)
    {
        lock (_tail)
        {
            // So there never are more of them than records under way.
            if (epoch == _state.Epoch && sequence > _state.SequenceOf(_state.Acknowledged) && sequence <= _state.SequenceOf(_state.Sent)
                && !_refused.Exists(refused => refused.Place == _state.PlaceOf(sequence)))
            {
                _refused.Add((_state.PlaceOf(sequence), SafeText.Shorten(reason, LongestReason)));
                Monitor.Pulse(_tail);
            }
        }
    }

    public void Renew(ulong epoch)
    {
        lock (_tail)
        {
            if (epoch == _state.Epoch)
            {
                _state = _state.Renew();
                Monitor.Pulse(_tail);
            }
        }
    }

    public void Ask(ReadRequest request)
    {
        lock (_tail)
        {
            _request = request;
            Monitor.Pulse(_tail);
        }
    }

    public void Answer(ReadRequest request, SpoolBatch? batch)
    {
        lock (_tail)
        {
            _request = _request == request ? null : _request;
        }

        request.Answer.TrySetResult(batch);
    }

    public void Stop()
    {
        lock (_tail)
        {
            _stopping = true;
            Monitor.Pulse(_tail);
        }
    }

    /// <summary>Waits until there is something to do, or for this long.</summary>
    /// <param name="onDisk">The state on disk; null while that fails and is not to be tried.</param>
    /// <returns>False when the agent ends and nothing is left to do.</returns>
    public bool WaitForWork(SpoolState? onDisk, TimeSpan atMost)
    {
        lock (_tail)
        {
            bool HasWork() => onDisk is not null
                && (_tail.Count > 0 || _refused.Count > 0 || _state.Acknowledged != onDisk.Acknowledged || _state.Epoch != onDisk.Epoch);

            if (!HasWork() && !MayAnswer() && !_stopping)
            {
                Monitor.Wait(_tail, atMost);
            }

            return !_stopping || HasWork();
        }
    }

    /// <param name="forgotten">What a collector has answered before it came to the disk.</param>
    public SpoolWork Gather(out Forgotten forgotten)
    {
        lock (_tail)
        {
            forgotten = Forget();
            List<SpooledRecord> records = _tail.Read(_state.Acknowledged, MostAtOnce, MostBytesAtOnce);
            _writing = records.Count > 0 ? records[^1].Place : 0;
            return new SpoolWork(_state, records, [.. _refused], _request);
        }
    }

    /// <summary>The work is on disk.</summary>
    public void Written(SpoolWork work, SpoolFile file)
    {
        lock (_tail)
        {
            _tail.RemoveUpTo(_writing);
            _writing = 0;
            _refused.RemoveRange(0, work.Refused.Length);
            if (_state.Epoch == file.State.Epoch)
            {
                _state = _state with { Sent = Math.Max(_state.Sent, file.State.Sent), Alive = file.State.Alive, Clean = file.State.Clean };
            }

            Publish(file);
            _failing = false;
        }
    }

    public void Failed()
    {
        lock (_tail)
        {
            _writing = 0;
            _failing = true;
        }
    }

    /// <summary>A file was opened that goes on where this one is, or that has another past.</summary>
    /// <param name="isSame">The same file as before.</param>
    /// <returns>Whether it is really so.</returns>
    public bool Adopt(SpoolFile file, bool isSame)
    {
        lock (_tail)
        {
            SpoolState found = file.State;
            isSame = isSame && found.Next > _onDisk && found.Next <= _state.Next;
            if (isSame)
            {
                _tail.RemoveUpTo(found.Next - 1); // the last commit did come to the disk
            }
            else if (_state.Next == 1)
            {
                _state = found;
            }
            else
            {
                _state = found.Renew() with { Next = _tail.MoveTo(found.Next) };
            }

            Publish(file);
            return isSame;
        }
    }

    /// <summary>While the disk fails: the request that memory can answer, with its answer; or where on disk there is one.</summary>
    /// <param name="canRead">Whether the disk can be read.</param>
    /// <param name="batch">Null if the epoch is over.</param>
    /// <param name="isOnDisk">The answer has to be read from the disk.</param>
    /// <param name="abandoned">What is on disk cannot be read: what is in memory no longer waits for it, and takes other names.</param>
    public bool TryAnswer(bool canRead, [NotNullWhen(true)] out ReadRequest? request, out SpoolBatch? batch, out bool isOnDisk, out bool abandoned)
    {
        lock (_tail)
        {
            (request, batch, isOnDisk, abandoned) = (_request, null, false, false);
            if (request is null || !MayAnswer())
            {
                return false;
            }

            if (request.Epoch != _state.Epoch)
            {
                return true;
            }

            isOnDisk = _state.PlaceOf(request.From) <= _onDisk;
            if (isOnDisk && !canRead)
            {
                abandoned = true;
                _state = (_state with { Acknowledged = _onDisk, Sent = _onDisk }).Renew();
                (_first, _disk, isOnDisk) = (_onDisk + 1, default, false);
            }
            else if (!isOnDisk)
            {
                batch = request.BatchOf(_tail.Read, _state, time.GetUtcNow());
                Sent(batch);
            }

            return true;
        }
    }

    /// <summary>This is about to be sent, and what it says cannot be written.</summary>
    public void Sending(SpoolBatch? batch)
    {
        lock (_tail)
        {
            Sent(batch);
        }
    }

    /// <summary>While the disk fails: forgets what a collector has taken from memory.</summary>
    public Forgotten ForgetAcknowledged()
    {
        lock (_tail)
        {
            return Forget();
        }
    }

    private Forgotten Forget()
    {
        Rank[] refused = [.. _tail.UpTo(_state.Acknowledged)
            .Where(record => _refused.RemoveAll(each => each.Place == record.Place) > 0)
            .Select(static record => record.Rank)];
        (long records, long alerts) = _tail.RemoveUpTo(_state.Acknowledged);
        return new Forgotten(records, alerts - refused.Count(static rank => rank < Rank.Own), refused);
    }

    private void Sent(SpoolBatch? batch)
    {
        if (batch is not null)
        {
            _state = _state with { Sent = Math.Max(_state.Sent, _state.PlaceOf(batch.Next) - 1) };
        }
    }

    private bool MayAnswer()
    {
        if (_request is null)
        {
            return false;
        }

        ulong place = _state.PlaceOf(_request.From);
        return _request.Epoch != _state.Epoch || (place < _state.Next && (_failing || place <= _onDisk || place <= _state.Acknowledged));
    }

    private void Publish(SpoolFile file)
    {
        _first = file.First;
        _onDisk = file.State.Next - 1;
        _disk = new SpoolStatus(
            file.Totals.Sum(static total => total.Records),
            file.Totals.Take((int)Rank.Own).Sum(static total => total.Records),
            file.Totals.Sum(static total => total.Bytes),
            file.MostPages * SpoolFile.PageSize,
            0,
            file.FirstWaiting.Time);
    }
}
