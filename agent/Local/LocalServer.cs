using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace Tallyman.Agent.Local;

/// <summary>
/// Answers whoever asks at a socket: GET, one request a connection. A client has a few seconds and no more, and when there are
/// too many the one that has been here the longest has to go, so that nobody keeps others out by saying nothing.
/// Who listens to a stream may stay; how many there are is for the stream to say.
/// </summary>
internal sealed partial class LocalServer(LocalSocket socket, LocalPages pages, TimeProvider time, ILogger logger)
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
            if (await HttpRequest.ReadAsync(stream, either.Token) is not HttpRequest request)
            {
                return;
            }

            Answer? refusal = socket.Peers?.Include(client) == false ? Answer.Text(403, "only root, the agent's own user and its --socket-group may ask") : request.Refusal;
            if (refusal is null && pages.Streams.TryGetValue(request.Path, out Func<ILocalStream?>? open) && open() is ILocalStream opened)
            {
                Forget(place);
                patience.CancelAfter(Timeout.InfiniteTimeSpan);
                await StreamAsync(opened, stream, stopping);
                return;
            }

            await stream.WriteAsync((refusal ?? AnswerOf(request.Path)).ToBytes(), either.Token);
            client.Shutdown(SocketShutdown.Send);
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

    /// <summary>Until the client goes, who has nothing more to say.</summary>
    private static async Task StreamAsync(ILocalStream answer, Stream client, CancellationToken stopping)
    {
        using ILocalStream opened = answer;
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        Task gone = client.ReadAsync(new byte[1], over.Token).AsTask().ContinueWith(_ => over.Cancel(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        try
        {
            await client.WriteAsync(Answer.HeadOfStream, over.Token);
            await opened.WriteAsync(client, over.Token);
        }
        finally
        {
            await over.CancelAsync();
            await gone;
        }
    }

    private Answer AnswerOf(string path)
    {
        try
        {
            return pages.Answers.TryGetValue(path, out Func<Answer>? page) ? page()
                : pages.Streams.ContainsKey(path) ? Answer.Text(503, "too many listen already: end one of them")
                : Answer.Text(404, $"there are {string.Join(", ", pages.Answers.Keys.Concat(pages.Streams.Keys))}");
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
        Forget(place);
        place.Value.Dispose();
    }

    /// <summary>It need not make room for others any more.</summary>
    private void Forget(LinkedListNode<Socket> place)
    {
        lock (_clients)
        {
            if (place.List is not null)
            {
                _clients.Remove(place);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Who asks for the state of the agent gets no connection: {Reason}")]
    private static partial void LogNotAccepted(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Path} cannot be answered")]
    private static partial void LogNotAnswered(ILogger logger, string path, Exception e);
}
