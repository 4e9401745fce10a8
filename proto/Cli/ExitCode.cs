namespace Tallyman.Cli;

/// <summary>How both programs end: the codes of sysexits(3).</summary>
public static class ExitCode
{
    public const int Fine = 0;

    /// <summary>A search has found what nobody wants to find. As of diff(1), not of sysexits(3).</summary>
    public const int Found = 1;

    /// <summary>Of "status": it works, and something is wrong.</summary>
    public const int Degraded = 1;

    /// <summary>Of "status": it does not work.</summary>
    public const int Dead = 2;

    public const int Usage = 64;
    public const int BadData = 65;
    public const int Unavailable = 69;

    /// <summary>A mistake in the program; the log has said which.</summary>
    public const int Software = 70;

    /// <summary>A file that a person has asked for cannot be made, or is there already.</summary>
    public const int CannotCreate = 73;

    /// <summary>Something cannot be read or written at all, such as standard output where the disk is full.</summary>
    public const int InputOutput = 74;

    public const int NoPermission = 77;
    public const int Configuration = 78;

    /// <summary>By Ctrl-C, and not as it should: 128 and the number of the signal, as shells have it.</summary>
    public const int Interrupted = 130;
}

/// <summary>What only a person can mend: ends the program with a sentence and no stack trace.</summary>
public class UserException(int exitCode, string message) : Exception(message)
{
    public int ExitCode { get; } = exitCode;
}
