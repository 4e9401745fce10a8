using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace Tallyman.Agent.Local;

/// <summary>
/// Answers whoever asks at a socket: GET, one request a connection. A client has a few seconds and no more, and when there are
/// too many the one that has been here the longest has to go, so that nobody keeps others out by saying nothing.
/// </summary>
/// <param name="pages">By their paths; made anew for each request, on a thread of the pool.</param>
internal sealed partial class LocalServer(LocalSocket socket, IReadOnlyDictionary<string, Func<Answer>> pages, TimeProvider time, ILogger logger)
{
    public const int MostClients = 16;
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromSeconds(1);

    private readonly LinkedList<Socket> _clients = [];

    /// <summary>Until it is told to stop.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                _ = ServeAsync(await socket.Listener.AcceptAsync(stopping), stopping);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (SocketException e)
            {
                LogNotAccepted(logger, e.Message); // no more descriptors, for example
                await Task.Delay(PauseAfterFailure, time, stopping).ContinueWith(static _ => { }, TaskScheduler.Default);
            }
        }
    }

    private async Task ServeAsync(Socket client, CancellationToken stopping)
    {
        LinkedListNode<Socket> place = Enter(client);
        try
        {
            using var patience = new CancellationTokenSource(Patience, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping, patience.Token);
            await using var stream = new NetworkStream(client, ownsSocket: true);
            if (await HttpRequest.ReadAsync(stream, either.Token) is HttpRequest request)
            {
                Answer answer = socket.Peers?.Include(client) == false
                    ? Answer.Text(403, "only root, the agent's own user and its --socket-group may ask")
                    : request.Refusal ?? AnswerOf(request.Path);
                await stream.WriteAsync(answer.ToBytes(), either.Token);
                client.Shutdown(SocketShutdown.Send);
            }
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // it has gone, or was too slow
        }
        finally
        {
            Leave(place);
        }
    }

    private Answer AnswerOf(string path)
    {
        try
        {
            return pages.TryGetValue(path, out Func<Answer>? page) ? page() : Answer.Text(404, $"there are {string.Join(", ", pages.Keys)}");
        }
        catch (Exception e)
        {
            LogNotAnswered(logger, path, e); // only of a page that there is
            return Answer.Text(500, "the log says why");
        }
    }

    private LinkedListNode<Socket> Enter(Socket client)
    {
        lock (_clients)
        {
            if (_clients.Count == MostClients)
            {
                _clients.First!.Value.Dispose();
                _clients.RemoveFirst();
            }

            return _clients.AddLast(client);
        }
    }

    private void Leave(LinkedListNode<Socket> place)
    {
        lock (_clients)
        {
            if (place.List is not null)
            {
                _clients.Remove(place);
            }
        }

        place.Value.Dispose();
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Who asks for the state of the agent gets no connection: {Reason}")]
    private static partial void LogNotAccepted(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Path} cannot be answered")]
    private static partial void LogNotAnswered(ILogger logger, string path, Exception e);
}
