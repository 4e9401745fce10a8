using System.Collections.Immutable;
using Tallyman.Agent.Yaml;

namespace Tallyman.Agent.Rules;

/// <summary>The rules of a site, which stand before those that come with the program: each fact raises the first rule that fits it.</summary>
internal static class SiteRules
{
    /// <param name="directory">With files of rules, *.yaml, in the order of their names; it need not be there.</param>
    /// <param name="errors">What is wrong is added to it.</param>
    public static RuleSet Add(RuleSet shipped, string directory, List<string> errors)
    {
        RuleSet all = shipped;
        foreach (string file in FilesIn(directory, errors))
        {
            try
            {
                using var text = new StreamReader(new MemoryStream(YamlFile.Read(file)));
                RuleSet site = RuleFile.ReadSite(text, file, shipped);
                if (site.Profile == shipped.Profile)
                {
                    all = all with
                    {
                        Indicators = [.. all.Indicators, .. site.Indicators.Except(all.Indicators)],
                        Sentences = all.Sentences.SetItems(site.Sentences),
                        OfDryRuns = all.OfDryRuns.IsEmpty ? [] : [.. all.OfDryRuns, .. site.OfDryRuns],
                        Rules = [.. site.Rules, .. all.Rules],
                    };
                }
            }
            catch (RuleFileException e)
            {
                errors.Add(e.Message);
            }
            catch (IOException e)
            {
                errors.Add(e.Message);
            }
        }

        return all;
    }

    public static ImmutableArray<string> FilesIn(string directory, List<string> errors)
    {
        if (File.Exists(directory))
        {
            errors.Add($"the rules of this site must be in a directory, {directory} is a file");
            return [];
        }

        try
        {
            return Directory.Exists(directory) ? [.. Directory.EnumerateFiles(directory, "*.yaml").Order(StringComparer.Ordinal)] : [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            errors.Add(e.Message);
            return [];
        }
    }
}
