using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Tallyman.Cli;

namespace Tallyman.Agent.Local;

/// <summary>Who may ask, and where.</summary>
/// <param name="Socket">Where "tallyman status" asks.</param>
/// <param name="Listen">For metrics and health beside that; null for nowhere.</param>
/// <param name="Group">May ask, too, at sockets in the file system; null for none.</param>
internal sealed record LocalOptions(string Socket, ListenAddress? Listen, uint? Group);

/// <summary>What there is to ask for.</summary>
/// <param name="Open">For everybody on this host.</param>
/// <param name="Closed">For who may use the socket: that, and what concerns nobody else.</param>
internal sealed record LocalSite(LocalPages Open, LocalPages Closed);

/// <summary>Answers questions about this agent. It is started first and stopped last, so that there is an answer at any time.</summary>
internal sealed partial class LocalService(LocalOptions options, LocalSite site, TimeProvider time, ILogger<LocalService> logger) : BackgroundService
{
    private LocalSocket? _socket;
    private LocalSocket? _listen;

    /// <exception cref="UserException">It cannot be listened where it was told to.</exception>
    public override Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            _listen = options.Listen is null ? null : LocalSocket.Open(options.Listen, options.Group);
        }
        catch (IOException e)
        {
            throw new UserException(ExitCode.Unavailable, $"--listen: {e.Message}");
        }

        try
        {
            _socket = LocalSocket.Open(ListenAddress.OfPath(options.Socket), options.Group);
        }
        catch (Exception e) when (e is IOException or FormatException)
        {
            LogNoSocket(logger, e.Message); // a disk that fails ends nothing
        }

        return base.StartAsync(cancellationToken);
    }

    /// <summary>From then on there is no agent to ask, though its spool may still have something to write.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        Close();
    }

    public override void Dispose()
    {
        Close();
        base.Dispose();
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(RunAsync(_listen, site.Open, stoppingToken), RunAsync(_socket, site.Closed, stoppingToken));

    private void Close()
    {
        _listen?.Dispose();
        _socket?.Dispose();
    }

    private Task RunAsync(LocalSocket? socket, LocalPages pages, CancellationToken stopping) =>
        socket is null ? Task.CompletedTask : new LocalServer(socket, pages, time, logger).RunAsync(stopping);

    [LoggerMessage(Level = LogLevel.Warning, Message = "\"tallyman status\" gets no answer from this agent: {Reason}")]
    private static partial void LogNoSocket(ILogger logger, string reason);
}
