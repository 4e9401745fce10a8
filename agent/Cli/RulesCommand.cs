using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using Tallyman.Agent.CommandLines;
using Tallyman.Agent.CommandLines.Meanings;
using Tallyman.Agent.Configuration;
using Tallyman.Agent.Model;
using Tallyman.Agent.Rules;
using Tallyman.Cli;
using Tallyman.Rendering;

namespace Tallyman.Agent.Cli;

/// <summary><c>rules</c>: what alerts are made of, those of the site among them.</summary>
internal sealed class RulesCommand : Command
{
    public RulesCommand()
        : base("rules", "Look at the rules, and try them")
    {
        Add(new RulesListCommand());
        Add(new RulesTestCommand());
        Add(new RulesExplainCommand());
    }

    public static IEnumerable<Setting> Settings { get; } = [Configuration.Settings.Profile, Configuration.Settings.RulesDirectory];

    /// <exception cref="UserException">A file of rules cannot be used.</exception>
    public static RuleSet Load(SettingFlags flags, ParseResult parsed)
    {
        AgentConfiguration configuration = flags.ReaderOf(parsed).Read();
        var errors = new List<string>();
        RuleSet rules = SiteRules.Add(RuleSet.Shipped(configuration.Of(Configuration.Settings.Profile)!), configuration.Of(Configuration.Settings.RulesDirectory)!, errors);
        return errors.Count == 0 ? rules : throw new UserException(ExitCode.Configuration, string.Join('\n', errors));
    }

    public static string WorthOf(Rule rule) => string.Join(", ", new[]
    {
        rule.Risk > 0 ? string.Create(CultureInfo.InvariantCulture, $"risk {rule.Risk}") : "",
        rule.Weight > 0 ? string.Create(CultureInfo.InvariantCulture, $"{rule.Component.ToString().ToLowerInvariant()} {rule.Weight}") : "",
    }.Where(static worth => worth.Length > 0));
}

/// <summary><c>rules list</c>.</summary>
internal sealed class RulesListCommand : Command, ICommandWithExamples
{
    private readonly SettingFlags _settings = new(RulesCommand.Settings);

    public RulesListCommand()
        : base("list", "List the indicators, each with the most that it is worth and what it means")
    {
        _settings.AddTo(this);
        SetAction(parsed =>
        {
            RuleSet rules = RulesCommand.Load(_settings, parsed);
            foreach (string indicator in rules.Indicators)
            {
                Rule[] raising = [.. rules.Rules.Where(rule => rule.Indicator == indicator)];
                string worth = raising.Length == 0 ? "" : RulesCommand.WorthOf(new Rule(indicator)
                {
                    Risk = raising.Max(static rule => rule.Risk),
                    Weight = raising.Max(static rule => rule.Weight),
                    Component = raising.MaxBy(static rule => rule.Weight)!.Component,
                });
                Console.WriteLine($"{indicator,-16} {worth,-18} {rules.Sentences.GetValueOrDefault(indicator)}");
            }
        });
    }

    public IReadOnlyList<string> Examples => ["tallyman rules list", "tallyman rules list --profile published"];
}

/// <summary><c>rules test</c>.</summary>
internal sealed class RulesTestCommand : Command, ICommandWithExamples
{
    private readonly SettingFlags _settings = new(RulesCommand.Settings);

    public RulesTestCommand()
        : base("test", "Run the examples that stand beside the rules; ends with 0 if all are as they say, with 1 if not")
    {
        _settings.AddTo(this);
        SetAction(Run);
    }

    public IReadOnlyList<string> Examples => ["tallyman rules test", "tallyman rules test --rules-directory ./rules.d"];

    private int Run(ParseResult parsed)
    {
        RuleSet rules = RulesCommand.Load(_settings, parsed);
        (int count, ImmutableArray<WrongExample> wrong) = RuleExamples.Run(rules.Rules, line => Judge(rules, line));
        foreach (WrongExample each in wrong)
        {
            string raised = each.Raised.IsEmpty ? "nothing" : string.Join(", ", each.Raised);
            Console.WriteLine($"{each.Indicator}: {(each.ShouldFire ? "should be raised" : "should not be raised")} by: {SafeText.Escape(each.Line)}\n  raises {raised}");
        }

        Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{count} examples, {wrong.Length} wrong"));
        return wrong.IsEmpty ? ExitCode.Fine : ExitCode.Found;
    }

    private static Verdict Judge(RuleSet rules, string line)
    {
        Argv argv = ShellScript.Commands(line) is [List<string> words] && words.Count > 0 ? Argv.Of([.. words])
            : throw new UserException(ExitCode.Configuration, $"an example must be one command line, is '{SafeText.Escape(line)}'");
        Executable program = Executables.OfPath(argv[0])
            ?? throw new UserException(ExitCode.Configuration, $"an example must begin with a container command line, is '{SafeText.Escape(line)}'");
        return rules.Judge(CommandLineReader.Read(program, argv, "/"));
    }
}

/// <summary><c>rules explain</c>.</summary>
internal sealed class RulesExplainCommand : Command, ICommandWithExamples
{
    private readonly SettingFlags _settings = new(RulesCommand.Settings);
    private readonly Argument<string> _indicator = new("indicator") { Description = "As alerts and \"rules list\" name it", HelpName = "INDICATOR" };

    public RulesExplainCommand()
        : base("explain", "Tell what raises an indicator, with examples")
    {
        _settings.AddTo(this);
        Add(_indicator);
        SetAction(Run);
    }

    public IReadOnlyList<string> Examples => ["tallyman rules explain HOST_MOUNT"];

    private void Run(ParseResult parsed)
    {
        RuleSet rules = RulesCommand.Load(_settings, parsed);
        string indicator = parsed.GetRequiredValue(_indicator).ToUpperInvariant();
        if (!rules.Indicators.Contains(indicator))
        {
            throw new UserException(ExitCode.Usage, $"there is no indicator {SafeText.Escape(indicator)}{DidYouMean.Of(indicator, rules.Indicators)}");
        }

        Console.WriteLine($"{indicator}: {rules.Sentences.GetValueOrDefault(indicator)}");
        foreach (Rule rule in rules.Rules.Where(rule => rule.Indicator == indicator))
        {
            Console.WriteLine($"\n  {(RulesCommand.WorthOf(rule) is { Length: > 0 } worth ? worth : "no weight of its own")}");
            Console.WriteLine($"    facts   {string.Join(", ", rule.Facts.Select(static fact => fact.Name()))}");
            Write("raised", rule.Fires);
            Write("not", rule.Silent);
        }

        static void Write(string title, ImmutableArray<string> lines)
        {
            foreach (string line in lines)
            {
                Console.WriteLine($"    {title,-7} {SafeText.Escape(line)}");
            }
        }
    }
}
