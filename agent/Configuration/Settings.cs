using System.Collections.Immutable;

namespace Tallyman.Agent.Configuration;

/// <summary>
/// Everything that can be set, once: files, variables, flags, the JSON Schema and the documentation are made from this list or
/// held against it by tests.
/// </summary>
internal static class Settings
{
    private const long MiB = 1024 * 1024;

    public static readonly Setting<string> Source = new(
        "source", new ChoiceKind(["auto", "ebpf", "auditd"]), "auto", "How executions are seen: ebpf; auditd, from its log; auto for eBPF where that can be had and auditd elsewhere");

    public static readonly Setting<string> AuditLog = new(
        "audit_log", new PathKind(), "/var/log/audit/audit.log", "Where auditd writes its log")
    { ValueName = "FILE" };

    public static readonly Setting<string> HostProc = new(
        "host.proc", new PathKind(), "/proc", "Where the host's processes are to be seen: in a container, where the host's /proc is mounted")
    { ValueName = "DIR" };

    public static readonly Setting<string> HostName = new(
        "host.name", new TextKind("a name"), null, "What alerts call this host, in the place of its own name, which in a container is the container's")
    { ValueName = "NAME" };

    public static readonly Setting<string> HostId = new(
        "host.id", new IdKind(), null, "Who this agent is to collectors, as its certificate says, in the place of a hash of /etc/machine-id; no other host may have the same")
    { ValueName = "ID" };

    public static readonly Setting<string> Profile = new(
        "profile", new ChoiceKind(["default", "published"]), "default", "Which rules judge: default, or published for the two detections exactly as they are published")
    { IsReloaded = true };

    public static readonly Setting<string> RulesDirectory = new(
        "rules.directory", new PathKind(), "/etc/tallyman/rules.d", "Where the rules of this site are, *.yaml, in the form of those that come with the program")
    { IsReloaded = true, ValueName = "DIR" };

    public static readonly ListSetting Collectors = new(
        "collectors", new TextKind("an address like https://alerts.example:7610"), "Where alerts are delivered; several for when one is away. Without any they stay on this host")
    { Flag = "--collector", ValueName = "URL", IsReloaded = true };

    public static readonly Setting<string> TlsCertificate = new(
        "tls.cert", new PathKind(), null, "Certificate of this agent, and those that lead to its authority (PEM)")
    { ValueName = "FILE", IsReloaded = true };

    public static readonly Setting<string> TlsKey = new(
        "tls.key", new PathKind(), null, "The certificate's key (PEM)")
    { ValueName = "FILE", IsReloaded = true };

    public static readonly Setting<string> TlsAuthorities = new(
        "tls.ca", new PathKind(), null, "Authorities of the collectors' certificates (PEM)")
    { ValueName = "FILE", IsReloaded = true };

    public static readonly Setting<bool> Insecure = new(
        "insecure", new SwitchKind(), false, "Allow collectors beyond loopback in clear text")
    { IsReloaded = true };

    public static readonly ListSetting SecretNames = new(
        "redaction.secret_names", new TextKind("the name of a variable, a flag or a header"), "Names whose values are secrets here, beside those that the program knows")
    { Flag = "--secret-name", ValueName = "NAME", IsReloaded = true };

    public static readonly Setting<string> Print = new(
        "print", new ChoiceKind(["none", "text", "json"]), "none", "What goes to standard output: text for people, json with one alert a line, none");

    public static readonly Setting<string> Log = new(
        "log", new ChoiceKind(["text", "json"]), "text", "How messages look on standard error: text for people, or as the journal wants it where that is there; json with one message a line");

    public static readonly Setting<string> Listen = new(
        "listen", new TextKind("127.0.0.1:PORT, [::1]:PORT or unix:/PATH"), null, "Where metrics and health are to be had beside the agent's own socket: 127.0.0.1:PORT, [::1]:PORT or unix:/PATH")
    { ValueName = "ADDRESS" };

    public static readonly Setting<string> SocketGroup = new(
        "socket_group", new TextKind("the name or the number of a group"), null, "Who may ask at sockets in the file system beside root and the agent's own user")
    { ValueName = "GROUP" };

    public static readonly Setting<string> State = new(
        "state", new PathKind(), "/var/lib/tallyman", "The directory where the agent keeps what outlives it: the spool of what is not delivered yet, the key of redaction, how far auditd's log is read")
    { ValueName = "DIR" };

    public static readonly Setting<long> SpoolSize = new(
        "spool.size", new SizeKind(16 * MiB, MiB * MiB), 256 * MiB, "Disk space for what is not delivered yet")
    { ValueName = "SIZE" };

    /// <summary>In the order in which help and documentation have them.</summary>
    public static ImmutableArray<Setting> All { get; } =
    [
        Collectors, TlsCertificate, TlsKey, TlsAuthorities, Insecure, Source, AuditLog, HostProc, HostName, HostId, Print, Log, Profile, RulesDirectory, SecretNames, Listen, SocketGroup, State, SpoolSize,
    ];

    public static Setting? Find(string path) => All.FirstOrDefault(setting => setting.Path == path);
}
