using Tallyman.Agent.Model;

namespace Tallyman.Agent.CommandLines.Sockets;

/// <summary>curl: every URL is a request, made with the options that stand between two --next. Options of curl 7.88 and 8.17.</summary>
internal static class Curl
{
    private static readonly Options Options = new(
        "AbcCdDeEFHKmoPQrtTuUwxXyYz",
        "abstract-unix-socket", "alt-svc", "aws-sigv4", "cacert", "capath", "cert", "cert-type", "ciphers", "config", "connect-timeout", "connect-to",
        "continue-at", "cookie", "cookie-jar", "create-file-mode", "crlfile", "curves", "data", "data-ascii", "data-binary", "data-raw", "data-urlencode",
        "delegation", "dns-interface", "dns-ipv4-addr", "dns-ipv6-addr", "dns-servers", "doh-url", "dump-header", "ech", "egd-file", "engine",
        "etag-compare", "etag-save", "expect100-timeout", "form", "form-string", "ftp-account", "ftp-alternative-to-user", "ftp-method", "ftp-port",
        "ftp-ssl-ccc-mode", "happy-eyeballs-timeout-ms", "haproxy-clientip", "header", "hostpubmd5", "hostpubsha256", "hsts", "interface", "ip-tos",
        "ipfs-gateway", "json", "keepalive-cnt", "keepalive-time", "key", "key-type", "krb", "libcurl", "limit-rate", "local-port", "login-options",
        "mail-auth", "mail-from", "mail-rcpt", "max-filesize", "max-redirs", "max-time", "netrc-file", "noproxy", "oauth2-bearer", "output", "output-dir",
        "parallel-max", "parallel-max-host", "pass", "pinnedpubkey", "preproxy", "proto", "proto-default", "proto-redir", "proxy", "proxy-cacert",
        "proxy-capath", "proxy-cert", "proxy-cert-type", "proxy-ciphers", "proxy-crlfile", "proxy-header", "proxy-key", "proxy-key-type", "proxy-pass",
        "proxy-pinnedpubkey", "proxy-service-name", "proxy-tls13-ciphers", "proxy-tlsauthtype", "proxy-tlspassword", "proxy-tlsuser", "proxy-user",
        "proxy1.0", "pubkey", "quote", "random-file", "range", "rate", "referer", "request", "request-target", "resolve", "retry", "retry-delay",
        "retry-max-time", "sasl-authzid", "service-name", "sigalgs", "socks4", "socks4a", "socks5", "socks5-gssapi-service", "socks5-hostname",
        "speed-limit", "speed-time", "stderr", "telnet-option", "tftp-blksize", "time-cond", "tls-max", "tls13-ciphers", "tlsauthtype", "tlspassword",
        "tlsuser", "trace", "trace-ascii", "trace-config", "unix-socket", "upload-file", "url", "url-query", "user", "user-agent", "variable",
        "vlan-priority", "write-out");

    public static void Read(SocketReading reading, int from)
    {
        var transfer = new Transfer();
        foreach (Option option in Options.Read(reading.Argv, from))
        {
            switch (option.Name)
            {
                case ":" or "next":
                    transfer.Finish(reading);
                    transfer = new Transfer();
                    break;
                case "" or "url":
                    transfer.Urls.Add(option);
                    break;
                case "unix-socket" or "abstract-unix-socket":
                    transfer.Socket = option;
                    break;
                case "connect-to" when ConnectTo(reading.Text(option)) is string address:
                    transfer.ConnectTo = (address, option.ValueArg);
                    break;
                case "request-target":
                    transfer.Target = reading.Text(option);
                    break;
                case "X" or "request":
                    transfer.Method = reading.Text(option);
                    break;
                case "G" or "get":
                    transfer.IsGet = true;
                    break;
                case "I" or "head":
                    transfer.DefaultMethod = "HEAD";
                    break;
                case "T" or "upload-file":
                    transfer.DefaultMethod = "PUT";
                    transfer.Bodies.Add(option);
                    break;
                case "d" or "data" or "data-ascii" or "data-binary" or "data-raw" or "data-urlencode" or "json" or "F" or "form" or "form-string":
                    transfer.DefaultMethod = "POST";
                    transfer.Bodies.Add(option);
                    break;
            }
        }

        transfer.Finish(reading);
    }

    /// <summary>HOST:PORT:HOST:PORT: where to connect to instead; null if that is no runtime.</summary>
    private static string? ConnectTo(string text)
    {
        int colon = text.LastIndexOf(':');
        int before = colon > 0 ? text[..colon].LastIndexOf(':') : -1;
        return before >= 0 && Endpoint.OfUrl(text[(before + 1)..]) is { Port: int port } && RuntimeSockets.Ports.Contains(port) ? text[(before + 1)..] : null;
    }

    /// <summary>What stands between two --next.</summary>
    private sealed class Transfer
    {
        public List<Option> Urls { get; } = [];

        public List<Option> Bodies { get; } = [];

        public Option? Socket { get; set; }

        public (string Address, int Arg)? ConnectTo { get; set; }

        public string? Target { get; set; }

        public string? Method { get; set; }

        public string DefaultMethod { get; set; } = "GET";

        public bool IsGet { get; set; }

        public void Finish(SocketReading reading)
        {
            string method = Method ?? (IsGet ? "GET" : DefaultMethod);
            bool isRuntime = false;
            foreach (Option url in Urls)
            {
                Endpoint endpoint = Endpoint.OfUrl(reading.Text(url));
                var call = EngineCall.Read(method, Target ?? endpoint.Target);
                if (AddEndpoint(reading, endpoint, url.ValueArg, call))
                {
                    reading.AddCall(call, url.ValueArg);
                    isRuntime = true;
                }
            }

            foreach (Option body in isRuntime ? Bodies : [])
            {
                AddBody(reading, body);
            }
        }

        /// <returns>Whether a runtime is spoken to.</returns>
        private bool AddEndpoint(SocketReading reading, in Endpoint endpoint, int urlArg, EngineCall call)
        {
            if (Socket is Option socket)
            {
                // A socket of another name is known by what it is asked.
                string path = reading.Text(socket);
                if (!RuntimeSockets.IsSocket(path) && call.Command.Length == 0)
                {
                    return false;
                }

                reading.AddSocket(path, socket.ValueArg, call.Request);
            }
            else if (ConnectTo is (string address, int arg))
            {
                reading.AddAddress(address, arg, call.Request);
            }
            else if (endpoint.IsOfRuntime)
            {
                reading.AddAddress(endpoint.Address, urlArg, call.Request);
            }
            else
            {
                return false;
            }

            return true;
        }

        private static void AddBody(SocketReading reading, in Option body)
        {
            string text = reading.Text(body);
            switch (body.Name)
            {
                case "T" or "upload-file":
                    reading.AddBodyFile(text is "." ? "-" : text, body.ValueArg);
                    break;
                case "data-urlencode" or "F" or "form" or "form-string":
                    break; // no engine reads those
                case not "data-raw" when text is ['@', ..]:
                    reading.AddBodyFile(text[1..], body.ValueArg);
                    break;
                default:
                    reading.AddBody(body.Name == "d" ? "--data" : $"--{body.Name}", reading.Bytes(body), body.ValueArg);
                    break;
            }
        }
    }
}
