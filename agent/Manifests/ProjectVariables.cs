using System.Text;
using Tallyman.Agent.Manifests.Formats;

namespace Tallyman.Agent.Manifests;

/// <summary>The variables that a compose project is read with: the caller's, and behind them those of its .env files.</summary>
/// <param name="files">Null if there is no way to the files of the caller.</param>
/// <param name="environment">Variables of the caller; null for what is not set or not known.</param>
internal sealed class ProjectVariables(CallerFiles? files, Func<string, string?> environment)
{
    private const int LongestFile = 256 * 1024;
    private const int MostFiles = 16;

    private readonly Dictionary<RootedPath, Dictionary<string, string>> _known = [];

    /// <param name="named">The files that the command line names; null for the one that lies in the project.</param>
    public Func<string, string?> Of(RootedPath project, IReadOnlyList<RootedPath>? named)
    {
        RootedPath[] paths = named is null ? [project.Join(".env"u8)] : [.. named.Take(MostFiles)];
        return name => environment(name) ?? paths.Select(path => ReadOnce(path).GetValueOrDefault(name)).LastOrDefault(static value => value is not null);
    }

    private Dictionary<string, string> ReadOnce(RootedPath path)
    {
        if (!_known.TryGetValue(path, out Dictionary<string, string>? variables))
        {
            variables = new Dictionary<string, string>(StringComparer.Ordinal);
            using Microsoft.Win32.SafeHandles.SafeFileHandle? file = files?.Open(path) is { IsDirectory: false } opened ? opened.File : null;
            if (file is not null && CallerFiles.Read(file, LongestFile).Content is byte[] content)
            {
                DotEnv.Read(Encoding.UTF8.GetString(content), environment, variables);
            }

            _known.Add(path, variables);
        }

        return variables;
    }
}
