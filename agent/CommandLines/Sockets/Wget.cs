using Tallyman.Agent.Model;

namespace Tallyman.Agent.CommandLines.Sockets;

/// <summary>wget, which has no sockets but ports. Options of GNU wget 1.21 to 1.25 and wget2 2.2.</summary>
internal static class Wget
{
    private static readonly Options Options = new(
        "eoaiBtOTwQPUlARDIX",
        "accept", "accept-regex", "append-output", "backups", "base", "bind-address", "body-data", "body-file", "ca-certificate", "ca-directory",
        "certificate", "certificate-type", "chunk-size", "ciphers", "compression", "config", "connect-timeout", "crl-file", "cut-dirs", "default-page",
        "directory-prefix", "dns-timeout", "domains", "exclude-directories", "exclude-domains", "execute", "follow-tags", "ftp-password", "ftp-user",
        "header", "http-password", "http-user", "ignore-tags", "include-directories", "input-file", "level", "limit-rate", "load-cookies",
        "local-encoding", "method", "output-document", "output-file", "password", "pinnedpubkey", "post-data", "post-file", "prefer-family",
        "private-key", "private-key-type", "progress", "proxy-password", "proxy-user", "quota", "read-timeout", "referer", "regex-type", "reject",
        "reject-regex", "rejected-log", "remote-encoding", "report-speed", "restrict-file-names", "retry-on-http-error", "save-cookies",
        "secure-protocol", "start-pos", "timeout", "tries", "use-askpass", "user", "user-agent", "wait", "waitretry", "warc-dedup", "warc-file",
        "warc-header", "warc-max-size", "warc-tempdir");

    public static void Read(SocketReading reading, int from)
    {
        var urls = new List<Option>();
        var bodies = new List<Option>();
        string method = "GET";
        foreach (Option option in Options.Read(reading.Argv, from))
        {
            switch (option.Name)
            {
                case "":
                    urls.Add(option);
                    break;
                case "method":
                    method = reading.Text(option).ToUpperInvariant(); // wget does so itself
                    break;
                case "post-data" or "post-file":
                    method = "POST";
                    bodies.Add(option);
                    break;
                case "body-data" or "body-file":
                    bodies.Add(option);
                    break;
            }
        }

        bool isRuntime = false;
        foreach (Option url in urls)
        {
            Endpoint endpoint = Endpoint.OfUrl(reading.Text(url));
            if (endpoint.IsOfRuntime)
            {
                var call = EngineCall.Read(method, endpoint.Target);
                reading.AddAddress(endpoint.Address, url.ValueArg, call.Request);
                reading.AddCall(call, url.ValueArg);
                isRuntime = true;
            }
        }

        foreach (Option body in isRuntime ? bodies : [])
        {
            if (body.Name.EndsWith("-file", StringComparison.Ordinal))
            {
                reading.AddBodyFile(reading.Text(body), body.ValueArg);
            }
            else
            {
                reading.AddBody($"--{body.Name}", reading.Bytes(body), body.ValueArg);
            }
        }
    }
}
