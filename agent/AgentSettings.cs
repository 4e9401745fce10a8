using System.Collections.Immutable;
using Tallyman.Agent.Configuration;
using Tallyman.Agent.Delivery;
using Tallyman.Agent.Rules;
using Tallyman.Agent.Sources;
using Tallyman.Agent.Suppression;
using Tallyman.Agent.Yaml;
using Tallyman.Cli;
using Tallyman.Grpc;
using Tallyman.Rendering;

namespace Tallyman.Agent;

/// <summary>All that configuration has to be looked at closer for, checked as a whole. What of it may change while the agent runs is exchanged as a whole, too.</summary>
/// <param name="SecretNames">Beside those that the program knows.</param>
/// <param name="Digest">Of all files that they are made of.</param>
internal sealed record AgentSettings(
    CollectorOptions Delivery, RuleSet Rules, ExceptionSet Exceptions, ImmutableArray<string> SecretNames, LocalSettings Local, string Digest)
{
    /// <summary>Of the files as they are now; with other settings than these, where some are others.</summary>
    public static string DigestNow(ConfigurationReader reader, AgentConfiguration last) => reader.Digest() + RulesDigest(last);

    /// <exception cref="ConfigurationException">Something does not fit together, or a file of rules cannot be used; all that is wrong is named.</exception>
    public static AgentSettings Of(AgentConfiguration configuration)
    {
        string digest = configuration.Digest + RulesDigest(configuration);
        var errors = new List<string>();
        CollectorOptions delivery = DeliveryOf(configuration, errors);
        if (new ProcFs(configuration.Of(Settings.HostProc)!).Own == 0)
        {
            errors.Add($"{configuration.OriginOf(Settings.HostProc)}: {SafeText.Escape(configuration.Of(Settings.HostProc)!)} is no proc file system: mount the host's there");
        }

        var local = LocalSettings.Of(configuration, errors);
        RuleSet rules = SiteRules.Add(RuleSet.Shipped(configuration.Of(Settings.Profile)!), configuration.Of(Settings.RulesDirectory)!, errors);
        List<AlertException> exceptions = [];
        foreach (GivenException given in configuration.Exceptions)
        {
            if (ExceptionFile.Read(given.Node, given.File, rules.Indicators, errors) is AlertException exception)
            {
                if (exceptions.Find(other => other.Name == exception.Name) is AlertException other)
                {
                    errors.Add($"{exception.Origin}: the name {exception.Name} is taken by the exception at {other.Origin}");
                }

                exceptions.Add(exception);
            }
        }

        return errors.Count == 0
            ? new AgentSettings(delivery, rules, new ExceptionSet([.. exceptions]), configuration.Of(Settings.SecretNames), local, digest)
            : throw new ConfigurationException([.. errors]);
    }

    private static string RulesDigest(AgentConfiguration configuration) => FileDigest.Of(SiteRules.FilesIn(configuration.Of(Settings.RulesDirectory)!, []), YamlFile.Read);

    private static CollectorOptions DeliveryOf(AgentConfiguration configuration, List<string> errors)
    {
        string origin = configuration.OriginOf(Settings.Collectors);
        string Subject(string url) => origin == Settings.Collectors.Flag ? $"--collector {url}" : $"{origin}: collector {url}";
        TlsFiles? tls = TlsOf(configuration, errors);
        var collectors = new List<Uri>();
        foreach (string url in configuration.Of(Settings.Collectors))
        {
            if (!HttpAddress.TryRead(url, out Uri? uri))
            {
                errors.Add($"{Subject("")}must be like https://alerts.example:7610, is '{url}'");
                continue;
            }

            if (uri.Scheme == Uri.UriSchemeHttps && tls is null)
            {
                errors.Add($"{Subject(url)} needs --tls-cert, --tls-key and --tls-ca: who this agent is, and whom it trusts");
            }
            else if (uri.Scheme == Uri.UriSchemeHttp && !uri.IsLoopback && !configuration.Of(Settings.Insecure))
            {
                errors.Add($"{Subject(url)} is beyond loopback and in clear text: anybody on the way could read and forge alerts; https and --tls-cert and its like mend that, --insecure allows it");
            }

            collectors.Add(uri);
        }

        if (tls is not null && errors.Count == 0 && collectors.TrueForAll(static collector => collector.Scheme != Uri.UriSchemeHttps))
        {
            errors.Add($"{configuration.OriginOf(Settings.TlsCertificate)}: the --tls options are for a --collector https://…, there is none");
        }

        return new CollectorOptions(collectors, tls);
    }

    private static TlsFiles? TlsOf(AgentConfiguration configuration, List<string> errors)
    {
        switch (configuration.Of(Settings.TlsCertificate), configuration.Of(Settings.TlsKey), configuration.Of(Settings.TlsAuthorities))
        {
            case (null, null, null):
                return null;
            case (string certificate, string key, string authorities):
                return new TlsFiles(certificate, key, authorities);
            default:
                string origin = new Setting[] { Settings.TlsCertificate, Settings.TlsKey, Settings.TlsAuthorities }.Select(configuration.OriginOf).First(static each => each != AgentConfiguration.Default);
                errors.Add($"{origin}: --tls-cert, --tls-key and --tls-ca (tls.cert, tls.key, tls.ca) go together: both sides show certificates");
                return null;
        }
    }
}
