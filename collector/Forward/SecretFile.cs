using Tallyman.Cli;

namespace Tallyman.Collector.Forward;

/// <summary>A token or an address that is a secret, in a file. It is read for each use, so that a new one needs no restart.</summary>
internal sealed partial class SecretFile(string path)
{
    private const int Longest = 16 * 1024;
    private const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

    /// <exception cref="UserException">It cannot be read, or holds no secret.</exception>
    public static SecretFile Open(string path, ILogger logger)
    {
        var file = new SecretFile(path);
        if (!file.TryRead(out _, out string flaw))
        {
            throw new UserException(ExitCode.Configuration, flaw);
        }

        UnixFileMode mode = File.GetUnixFileMode(path) & Others;
        if (mode != UnixFileMode.None)
        {
            LogOthers(logger, path, mode);
        }

        return file;
    }

    /// <param name="secret">Its only line: printable and without blanks, so that it fits into a header.</param>
    public bool TryRead(out string secret, out string flaw)
    {
        (secret, flaw) = ("", "");
        try
        {
            using StreamReader file = File.OpenText(path);
            char[] text = new char[Longest];
            secret = new string(text, 0, file.ReadBlock(text)).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            flaw = $"{path} cannot be read: {e.Message}";
            return false;
        }

        if (secret.Length is 0 or >= Longest || secret.Any(static c => c is <= ' ' or > '~'))
        {
            flaw = $"{path} must hold one line of printable ASCII without blanks";
            return false;
        }

        return true;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{File} is a secret, and others than its owner have {Mode}: chmod 600 mends that")]
    private static partial void LogOthers(ILogger logger, string file, UnixFileMode mode);
}
