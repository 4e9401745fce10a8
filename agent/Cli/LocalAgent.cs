using System.Threading.Channels;
using Tallyman.Agent.Local;
using Tallyman.Cli;
using Tallyman.Rendering;
using Tallyman.V1;

namespace Tallyman.Agent.Cli;

/// <summary>The agent that runs on this host, as commands ask it.</summary>
/// <param name="whenSilent">What a command ends with to which no agent answers.</param>
internal sealed class LocalAgent(string socket, int whenSilent)
{
    private const int MostHeard = 64;

    public string Socket => socket;

    /// <exception cref="UserException">There is no answer.</exception>
    public Task<(int Status, string Body)> AskAsync(string path, CancellationToken cancel) => TryAsync(async () =>
    {
        (int status, string body) = await LocalClient.GetAsync(socket, path, cancel);
        return status is 200 or 503 ? (status, body) : throw Refused(body);
    });

    /// <summary>Alerts as they are reported, in the form of <see cref="AlertStream"/>, until the agent ends.</summary>
    /// <exception cref="UserException">There is no answer.</exception>
    public Task<ChannelReader<Batch>> ListenAsync(CancellationToken cancel) => TryAsync(async () =>
    {
        (Stream? stream, string refusal) = await LocalClient.ListenAsync(socket, AlertStream.Path, cancel);
        var heard = Channel.CreateBounded<Batch>(MostHeard);
        _ = PassOnAsync(stream ?? throw Refused(refusal), heard.Writer);
        return heard.Reader;
    });

    /// <summary>Who is tired of waiting for one must not leave the stream in the middle of it.</summary>
    private static async Task PassOnAsync(Stream stream, ChannelWriter<Batch> heard)
    {
        try
        {
            while (await DelimitedMessages.ReadAsync(stream, Batch.Parser, CancellationToken.None) is Batch batch)
            {
                await heard.WriteAsync(batch);
            }

            heard.Complete();
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            heard.Complete(e);
        }
    }

    private UserException Refused(string sentence) => new(whenSilent, $"the agent does not answer: {SafeText.Escape(sentence.TrimEnd())}");

    private async Task<T> TryAsync<T>(Func<Task<T>> ask)
    {
        try
        {
            return await ask();
        }
        catch (Exception e) when (e is HttpRequestException or FormatException)
        {
            string reason = File.Exists(socket) ? SafeText.Escape((e.InnerException ?? e).Message) : "there is no such socket that this user can see";
            throw new UserException(
                whenSilent, $"no agent answers at {socket}: {reason}: start it (systemctl start tallyman, or tallyman run), name its --state, or try sudo");
        }
        catch (TaskCanceledException e) when (e.InnerException is TimeoutException)
        {
            throw new UserException(whenSilent, $"the agent does not answer at {socket} in {LocalServer.Patience.TotalSeconds} s: restart it");
        }
    }
}
