using Tallyman.Agent.Model;

namespace Tallyman.Agent.CommandLines.Sockets;

/// <summary>openssl s_client, 1.1 to 3.5: one dash or two before a name, the value behind it or behind '='; an address ends the options.</summary>
internal static class Openssl
{
    private static readonly HashSet<string> WithValue = new(StringComparer.Ordinal)
    {
        "alpn", "attime", "auth_level", "bind", "CAfile", "CApath", "CAstore", "cert", "cert_chain", "certform", "chainCAfile", "chainCApath", "chainCAstore",
        "cipher", "ciphersuites", "client_sigalgs", "connect", "CRL", "CRLform", "ctlogfile", "curves", "dane_tlsa_domain", "dane_tlsa_rrdata", "early_data",
        "engine", "groups", "host", "key", "keyform", "keylogfile", "keymatexport", "keymatexportlen", "max_pipelines", "max_protocol", "max_send_frag",
        "maxfraglen", "min_protocol", "msgfile", "mtu", "name", "named_curve", "nameopt", "nextprotoneg", "pass", "policy", "port", "propquery", "provider",
        "provider-path", "proxy", "proxy_pass", "proxy_user", "psk", "psk_identity", "psk_session", "purpose", "rand", "read_buf", "record_padding",
        "requestCAfile", "serverinfo", "servername", "sess_in", "sess_out", "sigalgs", "split_send_frag", "srp_strength", "srppass", "srpuser",
        "ssl_client_engine", "ssl_config", "starttls", "unix", "use_srtp", "verify", "verify_depth", "verify_email", "verify_hostname", "verify_ip",
        "verify_name", "verifyCAfile", "verifyCApath", "verifyCAstore", "writerand", "xcert", "xcertform", "xchain", "xkey", "xkeyform", "xmpphost",
    };

    public static void Read(SocketReading reading, int from)
    {
        Argv argv = reading.Argv;
        if (from >= argv.Count || !argv[from].SequenceEqual("s_client"u8))
        {
            return;
        }

        string host = "localhost";
        for (int arg = from + 1; arg < argv.Count; arg++)
        {
            string text = reading.Text(arg);
            if (text is not ['-', _, ..])
            {
                AddAddress(reading, text, arg);
                return;
            }

            string[] pair = text[(text[1] == '-' ? 2 : 1)..].Split('=', 2);
            if (pair.Length == 1 && WithValue.Contains(pair[0]))
            {
                arg++;
            }

            string value = pair.Length == 2 ? pair[1] : arg < argv.Count ? reading.Text(arg) : "";
            switch (pair[0])
            {
                case "host":
                    host = value;
                    break;
                case "port":
                    AddAddress(reading, $"{host}:{value}", arg);
                    break;
                case "connect":
                    AddAddress(reading, value, arg);
                    break;
                case "unix" when RuntimeSockets.IsSocket(value):
                    reading.AddSocket(value, arg);
                    break;
            }
        }
    }

    private static void AddAddress(SocketReading reading, string address, int arg)
    {
        if (Endpoint.OfUrl(address) is { IsOfRuntime: true } endpoint)
        {
            reading.AddAddress(endpoint.Address, arg);
        }
    }
}
