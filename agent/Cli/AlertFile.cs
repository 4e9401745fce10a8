using System.Globalization;
using Tallyman.Cli;
using Tallyman.Rendering;
using Tallyman.V1;

namespace Tallyman.Agent.Cli;

/// <summary>Alerts in JSON, one a line: what run, tail, replay, "spool export" and collectors print. Other records among them are passed over.</summary>
internal static class AlertFile
{
    public const string StandardInput = "-";

    /// <exception cref="UserException">It cannot be read, or a line of it is no JSON of alerts.</exception>
    public static IEnumerable<Alert> Read(string name)
    {
        using StreamReader file = Open(name);
        for (int number = 1; ReadLine(file, name) is string line; number++)
        {
            if (line.Length > 0 && AlertIn(line, name, number) is Alert alert)
            {
                yield return alert;
            }
        }
    }

    private static StreamReader Open(string name)
    {
        try
        {
            return Directory.Exists(name)
                ? throw new UserException(ExitCode.Usage, $"{SafeText.Escape(name)} is a directory: name a file of alerts in JSON, one a line")
                : new StreamReader(name == StandardInput ? StandardStreams.OpenInput() : File.OpenRead(name));
        }
        catch (UnauthorizedAccessException)
        {
            throw new UserException(ExitCode.NoPermission, $"{SafeText.Escape(name)} is not to be read by this user: try sudo");
        }
        catch (IOException e)
        {
            throw new UserException(ExitCode.Unavailable, $"{SafeText.Escape(name)} cannot be read: {SafeText.Escape(e.Message)}");
        }
    }

    private static string? ReadLine(StreamReader file, string name)
    {
        try
        {
            return file.ReadLine();
        }
        catch (IOException e)
        {
            throw new UserException(ExitCode.Unavailable, $"{SafeText.Escape(name)} cannot be read: {SafeText.Escape(e.Message)}");
        }
    }

    private static Alert? AlertIn(string line, string name, int number)
    {
        try
        {
            return AlertJsonReader.Read(line)?.Alert;
        }
        catch (FormatException e)
        {
            throw new UserException(ExitCode.BadData, string.Create(
                CultureInfo.InvariantCulture, $"{SafeText.Escape(name)}:{number} is no alert in JSON as run, tail, replay, \"spool export\" and collectors print them, one a line: {SafeText.Escape(e.Message)}"));
        }
    }
}
