using System.Security.Cryptography;
using Tallyman.Agent.Native;
using Tallyman.Cli;

namespace Tallyman.Agent.Redaction;

/// <summary>
/// The site's key of redaction, a file of 32 random bytes in the state directory that only its owner may read. Copied to
/// other hosts it makes equal secrets equal there too.
/// </summary>
internal static class RedactionKey
{
    public const string FileName = "redaction.key";

    private const UnixFileMode ForOwner = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode ForOthers = ~(ForOwner | UnixFileMode.UserExecute);

    /// <summary>The key in the state directory; made there if there is none.</summary>
    /// <param name="failure">Why there is no key in the directory; null if there is.</param>
    /// <returns>Where the directory cannot be used, a key that ends with the process.</returns>
    /// <exception cref="UserException">There is a key that must not be used.</exception>
    public static SecretHash LoadOrCreate(string directory, out string? failure)
    {
        try
        {
            Directory.CreateDirectory(directory, ForOwner | UnixFileMode.UserExecute);
            string path = Path.Combine(directory, FileName);
            if (!File.Exists(path))
            {
                Create(path);
            }

            failure = null;
            return new SecretHash(Read(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            failure = e.Message;
            return SecretHash.OfThisProcess();
        }
    }

    /// <summary>The key in the state directory; null if there is none that this user may read.</summary>
    /// <exception cref="UserException">There is a key that must not be used.</exception>
    public static SecretHash? TryLoad(string directory)
    {
        try
        {
            return new SecretHash(Read(Path.Combine(directory, FileName)));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>It is whole under its name or not there; of two that make it at once one wins.</summary>
    private static void Create(string path)
    {
        string draft = $"{path}.{Path.GetRandomFileName()}";
        using (var file = new FileStream(draft, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = ForOwner }))
        {
            file.Write(RandomNumberGenerator.GetBytes(SecretHash.KeyLength));
            file.Flush(flushToDisk: true);
        }

        try
        {
            HardLink.TryMake(draft, path); // File.Move looks first and renames then, and the last of two would win
        }
        finally
        {
            File.Delete(draft);
        }
    }

    private static byte[] Read(string path)
    {
        var file = new FileInfo(path);
        UnixFileMode mode = File.GetUnixFileMode(path);
        if (file.LinkTarget is not null || (mode & ForOthers) != 0)
        {
            throw new UserException(
                ExitCode.Configuration,
                $"{path} must be a file that only its owner may read, is {(file.LinkTarget is not null ? "a link" : $"of mode {Convert.ToString((int)mode, 8)}")}: chmod 600 it, or remove it to have a new one made");
        }

        return file.Length == SecretHash.KeyLength
            ? File.ReadAllBytes(path)
            : throw new UserException(
                ExitCode.Configuration, $"{path} must have {SecretHash.KeyLength} bytes, has {file.Length}: remove it to have a new one made");
    }
}
