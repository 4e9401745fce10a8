using System.CommandLine;
using Tallyman.Agent.Checks;
using Tallyman.Agent.Configuration;
using Tallyman.Agent.Sources;
using Tallyman.Cli;
using Tallyman.Rendering;

namespace Tallyman.Agent.Cli;

/// <summary><c>check</c>: what works on this host, what does not, and what to do.</summary>
internal sealed class CheckCommand : Command, ICommandWithExamples
{
    private readonly SettingFlags _settings = new(Settings.All);

    public CheckCommand()
        : base("check", "Look at configuration, kernel, collectors, clock and disk; ends with 0 if the agent can work, with 69 or 78 if not")
    {
        _settings.AddTo(this);
        SetAction(RunAsync);
    }

    public IReadOnlyList<string> Examples => ["tallyman check", "tallyman check --config ./tallyman.yaml"];

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancel)
    {
        AgentConfiguration configuration;
        AgentSettings settings;
        try
        {
            configuration = _settings.ReaderOf(parsed).Read();
            settings = AgentSettings.Of(configuration);
        }
        catch (ConfigurationException e)
        {
            foreach (string error in e.Errors)
            {
                CheckText.Write(new CheckLine("configuration", Outcome.Fail, error));
            }

            return e.ExitCode;
        }

        CheckText.Write(new CheckLine("configuration", Outcome.Ok, $"{configuration.Files.Length} files, {settings.Rules.Rules.Length} rules, {settings.Exceptions.Exceptions.Length} exceptions"));
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        foreach (string expired in settings.Exceptions.Exceptions.Where(exception => exception.HasExpired(now)).Select(static exception => exception.ToString()))
        {
            CheckText.Write(new CheckLine("exception", Outcome.Warn, $"has expired: {SafeText.Escape(expired)}"));
        }

        CheckLine[] lines =
        [
            .. HostChecks.OfSources(Enum.Parse<SourceChoice>(configuration.Of(Settings.Source)!, ignoreCase: true), configuration.Of(Settings.AuditLog)!),
            HostChecks.OfCapabilities(),
            HostChecks.OfClock(),
            HostChecks.OfDisk(configuration.Of(Settings.State)!, configuration.Of(Settings.SpoolSize)),
            .. await DeliveryChecks.OfAsync(settings.Delivery, now),
        ];
        Array.ForEach(lines, CheckText.Write);
        return lines.Any(static line => line.Outcome == Outcome.Fail) ? ExitCode.Unavailable : ExitCode.Fine;
    }
}
