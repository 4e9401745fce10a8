using System.Net.Sockets;

namespace Tallyman.Agent.Local;

/// <summary>Asks an agent that runs on this host.</summary>
internal static class LocalClient
{
    private const int LongestAnswer = 4 * 1024 * 1024;

    /// <returns>Status of HTTP, and what was said.</returns>
    /// <exception cref="HttpRequestException">Nobody answers, or this user may not ask.</exception>
    /// <exception cref="TaskCanceledException">Nobody answers in time.</exception>
    public static async Task<(int Status, string Body)> GetAsync(string socketPath, string path, CancellationToken cancel)
    {
        using var client = new HttpClient(new SocketsHttpHandler { ConnectCallback = (_, connecting) => ConnectAsync(socketPath, connecting), UseProxy = false })
        {
            Timeout = LocalServer.Patience,
            MaxResponseContentBufferSize = LongestAnswer,
        };
        using HttpResponseMessage response = await client.GetAsync(new Uri("http://localhost" + path), cancel);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync(cancel));
    }

    /// <summary>Asks for something that goes on until the agent ends.</summary>
    /// <returns>What is said, or why not.</returns>
    /// <inheritdoc cref="GetAsync" path="/exception"/>
    public static async Task<(Stream? Stream, string Refusal)> ListenAsync(string socketPath, string path, CancellationToken cancel)
    {
        var client = new HttpClient(new SocketsHttpHandler { ConnectCallback = (_, connecting) => ConnectAsync(socketPath, connecting), UseProxy = false })
        {
            Timeout = LocalServer.Patience, // for the head of the answer
        };
        HttpResponseMessage response = await client.GetAsync(new Uri("http://localhost" + path), HttpCompletionOption.ResponseHeadersRead, cancel);
        return response.IsSuccessStatusCode ? (await response.Content.ReadAsStreamAsync(cancel), "") : (null, await response.Content.ReadAsStringAsync(cancel));
    }

    private static async ValueTask<Stream> ConnectAsync(string path, CancellationToken cancel)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(ListenAddress.OfPath(path).Address, cancel);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
