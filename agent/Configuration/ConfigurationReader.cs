using System.Collections;
using System.Collections.Immutable;
using Tallyman.Agent.Yaml;
using Tallyman.Cli;
using Tallyman.Grpc;
using Tallyman.Rendering;

namespace Tallyman.Agent.Configuration;

/// <summary>
/// Puts together what is set: defaults, files, the environment, the command line, each before the one behind it. A list replaces
/// the one before it; exceptions add up.
/// </summary>
/// <param name="environment">Of the process; null for none.</param>
/// <param name="flags">By the paths of settings.</param>
internal sealed class ConfigurationReader(ConfigurationPlaces places, IDictionary? environment, IReadOnlyDictionary<string, Given> flags)
{
    /// <summary>Of the files that would be read now: another one when one of them is another.</summary>
    public string Digest()
    {
        try
        {
            return FileDigest.Of(places.Present(), YamlFile.Read);
        }
        catch (ConfigurationException e)
        {
            return e.Message;
        }
    }

    /// <exception cref="ConfigurationException">Something is not what it must be; all that is wrong is named.</exception>
    public AgentConfiguration Read()
    {
        var errors = new List<string>();
        AgentConfiguration configuration = Read(errors);
        return errors.Count == 0 ? configuration : throw new ConfigurationException([.. errors]);
    }

    /// <summary>What is as it must be, without what is not: for those who look into what is wrong.</summary>
    public AgentConfiguration ReadWhatIsSound() => Read([]);

    private AgentConfiguration Read(List<string> errors)
    {
        string digest = Digest(); // before they are read: what changes meanwhile is read once more
        var values = new Dictionary<string, Given>();
        var exceptions = new List<GivenException>();
        ImmutableArray<string> files = Present(errors);
        foreach (string file in files)
        {
            (IReadOnlyDictionary<string, Given> found, IReadOnlyList<GivenException> more) = new ConfigurationFile(file, errors).Read();
            Take(found);
            exceptions.AddRange(more);
        }

        Take(ReadEnvironment(errors));
        Take(flags);
        return new AgentConfiguration(values.ToImmutableDictionary(), [.. exceptions], files, digest);

        void Take(IEnumerable<KeyValuePair<string, Given>> found)
        {
            foreach ((string path, Given given) in found)
            {
                values[path] = given;
            }
        }
    }

    private ImmutableArray<string> Present(List<string> errors)
    {
        try
        {
            return places.Present();
        }
        catch (ConfigurationException e)
        {
            errors.AddRange(e.Errors);
            return [];
        }
    }

    private Dictionary<string, Given> ReadEnvironment(List<string> errors)
    {
        var values = new Dictionary<string, Given>();
        foreach (DictionaryEntry variable in environment ?? new Dictionary<string, string>())
        {
            if (variable is not { Key: string name, Value: string text } || !name.StartsWith(Setting.VariablePrefix, StringComparison.Ordinal))
            {
                continue;
            }

            if (Settings.All.FirstOrDefault(each => each.Variable == name) is not Setting setting)
            {
                errors.Add($"there is no setting {SafeText.Escape(name)}{DidYouMean.Of(name, Settings.All.Select(static each => each.Variable))}");
                continue;
            }

            ImmutableArray<string> texts = setting.IsList ? [.. text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)] : [text];
            if (setting.Check(texts) is string mistake)
            {
                errors.Add($"{name} {SafeText.Escape(mistake)}");
            }
            else
            {
                values[setting.Path] = new Given(texts, name);
            }
        }

        return values;
    }
}
