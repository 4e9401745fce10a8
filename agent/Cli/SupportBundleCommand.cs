using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using System.Text;
using Tallyman.Agent.Configuration;
using Tallyman.Agent.Local;
using Tallyman.Agent.Redaction;
using Tallyman.Agent.Support;
using Tallyman.Cli;
using Tallyman.Rendering;

namespace Tallyman.Agent.Cli;

/// <summary><c>support-bundle</c>: what a maintainer must know to help, for people to look at before they give it away.</summary>
internal sealed class SupportBundleCommand : Command, ICommandWithExamples
{
    private const string Journalctl = "/usr/bin/journalctl";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly SettingFlags _settings = new(Settings.State, Settings.RulesDirectory, Settings.SecretNames);
    private readonly Option<bool> _dryRun = new("--dry-run") { Description = "List what would be in it, and write nothing" };
    private readonly Option<bool> _yes = new("--yes") { Description = "Write it without a question" };

    private readonly Option<string?> _output = new("--output")
    {
        Description = "The file to write, which must not be there yet [default: tallyman-support-HOST-TIME.tar.gz]",
        HelpName = "FILE",
    };

    public SupportBundleCommand()
        : base("support-bundle", "Collect what it takes to help with this host's agent, without secrets, in one .tar.gz; lists its contents first")
    {
        _output.Validators.Add(CommandLineProgram.NameMustNotBeEmpty);
        Add(_output);
        Add(_dryRun);
        Add(_yes);
        _settings.AddTo(this);
        SetAction(RunAsync);
    }

    public IReadOnlyList<string> Examples =>
    [
        "tallyman support-bundle --dry-run",
        "tallyman support-bundle",
        "tallyman support-bundle --yes --output /tmp/for-support.tar.gz",
    ];

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancel)
    {
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        string name = $"tallyman-support-{HostName()}-{now.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture)}";
        string output = parsed.GetValue(_output) ?? $"{name}.tar.gz";
        string shown = SafeText.Escape(output);
        bool isDry = parsed.GetValue(_dryRun);
        bool asks = !isDry && !parsed.GetValue(_yes);
        if (asks && (Console.IsInputRedirected || Console.IsOutputRedirected))
        {
            throw new UserException(ExitCode.Usage, "nobody is here to ask: --yes writes the bundle without a question, --dry-run lists what would be in it");
        }

        if (!isDry && (File.Exists(output) || Directory.Exists(output)))
        {
            throw new UserException(ExitCode.CannotCreate, $"{shown} is there already: name another file with --output, or remove it");
        }

        ImmutableArray<BundleFile> files = await BundleOf(parsed).CollectAsync(cancel);
        string contents = ContentsOf(files);
        Console.Write(contents);
        if (isDry || (asks && !IsAgreed(shown)))
        {
            Console.WriteLine("Nothing is written.");
            return ExitCode.Fine;
        }

        try
        {
            BundleArchive.Write(output, BundleArchive.Of(name, [new BundleFile("contents.txt", "this list", contents, IsMissing: false), .. files], now));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserException(ExitCode.CannotCreate, $"{shown} cannot be written: {SafeText.Escape(e.Message)}: name another place with --output");
        }

        Console.WriteLine($"Written to {shown}. Look into it before you give it away: tar -xzOf {SafeText.Quote(Encoding.UTF8.GetBytes(output))} | less");
        return ExitCode.Fine;
    }

    private SupportBundle BundleOf(ParseResult parsed)
    {
        ConfigurationReader reader = _settings.ReaderOf(parsed);
        AgentConfiguration configuration = reader.ReadWhatIsSound();
        string? config = parsed.GetValue<string?>("--config") is string file ? Path.GetFullPath(file) : null;
        string state = configuration.Of(Settings.State)!;
        bool isOther = config is not null || configuration.OriginOf(Settings.State) == Settings.State.Flag;
        var redactor = Redactor.With(SecretHash.OfThisProcess(), configuration.Of(Settings.SecretNames));
        return new SupportBundle(
            new SupportPlaces(config, state, configuration.Of(Settings.RulesDirectory)!, LocalPaths.OfClient(isOther ? state : null, state)),
            new BundleText(redactor),
            new OtherProgram(Environment.ProcessPath!, Patience),
            new OtherProgram(Journalctl, Patience));
    }

    private static string ContentsOf(ImmutableArray<BundleFile> files)
    {
        int width = Math.Min(60, files.Max(static file => file.Name.Length));
        var text = new StringBuilder();
        foreach (BundleFile file in files)
        {
            string size = string.Create(CultureInfo.InvariantCulture, $"{Encoding.UTF8.GetByteCount(file.Text):N0} B");
            text.Append(CultureInfo.InvariantCulture, $"{file.Name.PadRight(width)}  {size,10}  {file.What}{(file.IsMissing ? $": {file.Text.TrimEnd().Replace('\n', ' ')}" : "")}\n");
        }

        text.Append($"Left out: {SupportBundle.LeftOut}.\nSecrets that are found are replaced with [redacted].\n");
        return text.ToString();
    }

    private static bool IsAgreed(string output)
    {
        Console.Error.Write($"Write this to {output}? [y/N] ");
        return Console.ReadLine()?.Trim() is "y" or "Y" or "yes";
    }

    private static string HostName() => string.Concat(Environment.MachineName.Take(64).Select(static c => char.IsAsciiLetterOrDigit(c) || c == '-' ? c : '_'));
}
