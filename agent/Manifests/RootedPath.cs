using System.Text;
using Tallyman.Agent.Model;

namespace Tallyman.Agent.Manifests;

/// <summary>An absolute path in the root of a process, byte by byte, neither cleaned nor followed.</summary>
internal readonly record struct RootedPath
{
    private RootedPath(HostText text) => Text = text;

    public HostText Text { get; }

    public RootedPath Parent => new(new HostText(Text.Bytes[..Math.Max(1, Text.Bytes.LastIndexOf((byte)'/'))].ToArray()));

    public bool IsRoot => Text.Bytes.SequenceEqual("/"u8);

    /// <returns>Null if the text is not absolute: it is then not known where it starts from.</returns>
    public static RootedPath? Of(HostText text) => text.Bytes is [(byte)'/', ..] ? new RootedPath(text) : null;

    /// <summary>What this path means in this directory; null if it is relative and the directory is not known.</summary>
    public static RootedPath? Of(string path, RootedPath? directory) =>
        path is ['/', ..] ? new RootedPath(HostText.Of(path)) : directory?.Join(Encoding.UTF8.GetBytes(path));

    public RootedPath Join(ReadOnlySpan<byte> name) => new(new HostText((byte[])[.. Text.Bytes, .. IsRoot ? default : "/"u8, .. name]));

    /// <summary>Without "." and "..", as tools see it that go by the text: link/../x is x beside the link, not beside what it leads to.</summary>
    public RootedPath Clean()
    {
        var path = new List<byte>();
        ReadOnlySpan<byte> text = Text.Bytes;
        foreach (Range range in text.Split((byte)'/'))
        {
            ReadOnlySpan<byte> name = text[range];
            if (name.SequenceEqual(".."u8))
            {
                int slash = path.LastIndexOf((byte)'/');
                path.RemoveRange(Math.Max(0, slash), path.Count - Math.Max(0, slash));
            }
            else if (!name.IsEmpty && !name.SequenceEqual("."u8))
            {
                path.Add((byte)'/');
                path.AddRange(name);
            }
        }

        return path.Count == 0 ? new(HostText.Of("/")) : new(new HostText(path.ToArray()));
    }

    public override string ToString() => Text.ToString();
}
