using System.Globalization;
using Microsoft.Extensions.Logging;

namespace Tallyman.Grpc;

/// <summary>
/// Keeps what the files say: new ones are taken without a restart, for connections to come. Files that do not belong together
/// are not taken, and those before them stay, if there were any. They are looked at, not waited for: Kubernetes swaps a link,
/// others rename.
/// </summary>
public sealed partial class TlsWatch : IDisposable
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan WarnEvery = TimeSpan.FromHours(1);
    private static readonly TimeSpan WarnBefore = TimeSpan.FromDays(14);

    private readonly TlsFiles _files;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Action<string?>? _tell;
    private readonly ITimer _timer;
    private readonly Lock _looking = new();
    private volatile TlsIdentity? _current;
    private string _seen = "";
    private volatile string? _flaw;
    private long? _warned;

    /// <param name="tell">Is told what is wrong with the files, and null when nothing is.</param>
    public TlsWatch(TlsFiles files, TimeProvider time, ILogger logger, Action<string?>? tell = null)
    {
        (_files, _time, _logger, _tell) = (files, time, logger, tell);
        Look();
        _timer = time.CreateTimer(_ => Look(), null, LookEvery, LookEvery);
    }

    /// <summary>Null if there has never been one to be used; the log says why.</summary>
    public TlsIdentity? Current => _current;

    /// <exception cref="TlsException">There has never been one to be used.</exception>
    public TlsIdentity Required => _current ?? throw new TlsException(_flaw!);

    public void Dispose() => _timer.Dispose();

    /// <summary>Looks whether there are other files now.</summary>
    private void Look()
    {
        lock (_looking)
        {
            string digest = FileDigest.Of([_files.Certificate, _files.Key, _files.Authorities], File.ReadAllBytes);
            if (digest != _seen || _flaw is not null) // a wrong clock may be the flaw
            {
                _seen = digest;
                Take();
            }

            WarnOfExpiry();
        }
    }

    private void Take()
    {
        try
        {
            TlsIdentity? before = _current;
            _current = TlsIdentity.Load(_files, _time.GetUtcNow());
            (_flaw, _warned) = (null, null);
            if (before is not null)
            {
                LogTaken(_logger, _files.Certificate, _current.Expires);
            }
        }
        catch (TlsException e)
        {
            if (e.Message != _flaw)
            {
                LogNotTaken(_logger, e.Message, _current is null ? "there is none to be used" : "the one before it is still used");
            }

            _flaw = e.Message;
        }
    }

    /// <summary>For certificates that live for hours, in the last fifth of their life.</summary>
    private void WarnOfExpiry()
    {
        string? expiry = null;
        if (_current is TlsIdentity current && current.Expires - _time.GetUtcNow() < TimeSpan.FromTicks(Math.Min(WarnBefore.Ticks, (current.Expires - current.Starts).Ticks / 5)))
        {
            expiry = string.Create(CultureInfo.InvariantCulture, $"the certificate in {_files.Certificate} expires at {current.Expires:u}: put a new one in its place");
            if (_warned is not long warned || _time.GetElapsedTime(warned) >= WarnEvery)
            {
                _warned = _time.GetTimestamp();
                LogExpires(_logger, expiry);
            }
        }

        _tell?.Invoke(_flaw ?? expiry);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "The certificate in {File} is new and used from now on, until {Expires:u}")]
    private static partial void LogTaken(ILogger logger, string file, DateTimeOffset expires);

    [LoggerMessage(Level = LogLevel.Error, Message = "The certificate is not taken, {Otherwise}: {Reason}")]
    private static partial void LogNotTaken(ILogger logger, string reason, string otherwise);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Connections will end: {Reason}")]
    private static partial void LogExpires(ILogger logger, string reason);
}
