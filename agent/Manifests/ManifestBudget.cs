using Microsoft.Win32.SafeHandles;

namespace Tallyman.Agent.Manifests;

/// <summary>How much is read for one command line: so many manifests, so many bytes.</summary>
/// <param name="files">Null if there is no way to the files of the caller.</param>
internal sealed class ManifestBudget(CallerFiles? files, ManifestFindings findings)
{
    private const int MostManifests = 50;
    private const int MostBytes = 8 * 1024 * 1024;
    private const int LongestManifest = 1024 * 1024;

    private int _manifests;
    private int _bytes;

    /// <returns>False if nothing more is to be read.</returns>
    public bool TryBegin(ManifestSource source)
    {
        if (!findings.Begin(source))
        {
            return false;
        }

        if (++_manifests <= MostManifests)
        {
            return true;
        }

        findings.AddUnread(source, Unread.Budget);
        return false;
    }

    /// <returns>Null if it cannot be read, which is then said.</returns>
    public byte[]? Read(FileSource source)
    {
        Opened opened = files?.Open(source.Path) ?? new Opened(null, false, Unread.Gone);
        using (opened.File)
        {
            if (opened.File is not null && !opened.IsDirectory)
            {
                return Read(source, opened.File);
            }

            findings.AddUnread(source, opened.File is null ? opened.Reason : Unread.NotRegular);
            return null;
        }
    }

    /// <returns>Null if it cannot be read, which is then said.</returns>
    public byte[]? Read(ManifestSource source, SafeFileHandle file)
    {
        int most = Math.Min(LongestManifest, MostBytes - _bytes);
        (byte[]? content, Unread reason) = CallerFiles.Read(file, most);
        if (content is null)
        {
            findings.AddUnread(source, reason == Unread.TooLarge && most < LongestManifest ? Unread.Budget : reason);
            return null;
        }

        _bytes += content.Length;
        return content;
    }
}
