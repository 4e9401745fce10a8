using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Text;
using Tallyman.Rendering;

namespace Tallyman.Collector.Forward;

/// <param name="Status">0: there was none, and the text says why.</param>
internal sealed record HttpReply(int Status, string Text, TimeSpan RetryAfter)
{
    /// <summary>Status and text, safe to show.</summary>
    public string Detail => SafeText.Shorten(SafeText.Escape(Status == 0 ? Text : $"HTTP {Status} {Text}".TrimEnd()), 300);
}

/// <summary>Posts bodies and reads short replies. Whatever goes wrong on the way is a reply without a status.</summary>
internal sealed class HttpSender : IDisposable
{
    private const int LongestReply = 16 * 1024;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Longer pauses are not granted, or somebody else could stop forwarding for good.</summary>
    private static readonly TimeSpan LongestPause = TimeSpan.FromHours(1);

    private readonly TimeProvider _time;
    private readonly HttpMessageInvoker _http;

    /// <param name="tls">Whom to trust; null: whom the system trusts.</param>
    public HttpSender(SslClientAuthenticationOptions? tls, TimeProvider time)
    {
        _time = time;
        var handler = new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, ConnectTimeout = TimeSpan.FromSeconds(10) };
        if (tls is not null)
        {
            handler.SslOptions = tls;
        }

        _http = new HttpMessageInvoker(handler);
    }

    public async Task<HttpReply> PostAsync(Uri address, HttpContent body, AuthenticationHeaderValue? authorization, CancellationToken cancel)
    {
        using var deadline = new CancellationTokenSource(Patience, _time);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancel, deadline.Token);
        using var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = body };
        request.Headers.Authorization = authorization;
        try
        {
            using HttpResponseMessage response = await _http.SendAsync(request, end.Token);
            return new HttpReply((int)response.StatusCode, await TextAsync(response, end.Token), PauseOf(response.Headers.RetryAfter));
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested && !cancel.IsCancellationRequested)
        {
            return new HttpReply(0, $"no answer within {Patience.TotalSeconds} s", TimeSpan.Zero);
        }
        catch (Exception e) when (e is HttpRequestException or IOException || (e is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            return new HttpReply(0, e.GetBaseException().Message, TimeSpan.Zero);
        }
    }

    public void Dispose() => _http.Dispose();

    private static async Task<string> TextAsync(HttpResponseMessage response, CancellationToken cancel)
    {
        byte[] text = new byte[LongestReply];
        await using Stream stream = await response.Content.ReadAsStreamAsync(cancel);
        return Encoding.UTF8.GetString(text, 0, await stream.ReadAtLeastAsync(text, text.Length, throwOnEndOfStream: false, cancel));
    }

    /// <summary>Retry-After: seconds, or a time.</summary>
    private TimeSpan PauseOf(RetryConditionHeaderValue? after)
    {
        TimeSpan pause = after?.Delta ?? after?.Date - _time.GetUtcNow() ?? TimeSpan.Zero;
        return pause < TimeSpan.Zero ? TimeSpan.Zero : pause < LongestPause ? pause : LongestPause;
    }
}
