namespace Tallyman.Agent.CommandLines.Meanings;

/// <summary>
/// What is known while the scripts of one command line are read, of which one may stand in another: the variables that were
/// set, the directory, and how much may still be read.
/// </summary>
/// <param name="size">Characters of the command line, each of which may be read once at each depth.</param>
internal sealed class ShellContext(string? directory, long size)
{
    /// <summary>How many shells may be in one another.</summary>
    public const int Deepest = 8;

    private readonly Dictionary<string, string> _variables = new(StringComparer.Ordinal) { ["IFS"] = " " };
    private long _left = (Deepest + 1) * (size + 1);

    /// <summary>In the container, absolute; null if it is not known.</summary>
    public string? Directory { get; private set; } = directory;

    /// <summary>Whether so many characters more may be read: variables could else make very much of very little.</summary>
    public bool Spend(long characters) => (_left -= characters) >= 0;

    public void ChangeDirectory(string path) => Directory = Resolve(path) is ['/', ..] resolved ? resolved : null;

    /// <summary>Absolute and clean; as it is written where the directory is not known.</summary>
    public string Resolve(string path) => path is ['/', ..] || Spend(Directory?.Length ?? 0) ? HostPath.Resolve(path, Directory) ?? path : path;

    /// <summary>NAME=VALUE.</summary>
    public void Assign(string assignment)
    {
        int equals = assignment.IndexOf('=', StringComparison.Ordinal);
        Set(assignment[..equals], assignment[(equals + 1)..]);
    }

    public void Set(string name, string value) => _variables[name] = value;

    /// <summary>The value of a variable that the script sets; null if it sets none of that name.</summary>
    public string? Find(string name) => _variables.TryGetValue(name, out string? value) && Spend(value.Length) ? value : null;

    public static bool IsAssignment(string word)
    {
        int equals = word.IndexOf('=', StringComparison.Ordinal);
        return equals > 0 && !char.IsAsciiDigit(word[0]) && word.AsSpan(0, equals).IndexOfAnyExcept(ShellScript.NameCharacters) < 0;
    }
}
