using System.Security.Cryptography;
using Tallyman.Agent.Model;

namespace Tallyman.Agent.Alerts;

/// <summary>
/// argv, redacted, as an alert carries it: whole up to 256 KiB. Above that each long argument keeps its head and its tail, with its
/// length and digest, and if there are too many arguments those in the middle are left out.
/// </summary>
internal sealed record ArgvCut(IReadOnlyList<ReadOnlyMemory<byte>> Arguments, IReadOnlyList<V1.ArgumentCut> Cuts)
{
    private const int CarriedWhole = 256 * 1024;
    private const int LongArgument = 1024;
    private const int KeptOfEachEnd = 256;
    private const int MostArguments = 256;

    /// <summary>Index in argv of the first argument that is left out.</summary>
    public uint OmittedFrom { get; init; }

    public uint OmittedCount { get; init; }

    public static ArgvCut Of(Argv argv)
    {
        if (argv.Length <= CarriedWhole)
        {
            return new ArgvCut([.. Enumerable.Range(0, argv.Count).Select(argv.Memory)], []);
        }

        int omitted = Math.Max(0, argv.Count - MostArguments);
        int omittedFrom = omitted > 0 ? MostArguments / 2 : 0;
        var arguments = new List<ReadOnlyMemory<byte>>();
        var cuts = new List<V1.ArgumentCut>();
        for (int i = 0; i < argv.Count; i++)
        {
            if (i == omittedFrom && omitted > 0)
            {
                i += omitted;
            }

            ReadOnlyMemory<byte> argument = argv.Memory(i);
            if (argument.Length > LongArgument)
            {
                cuts.Add(new V1.ArgumentCut { Arg = (uint)i, Length = (ulong)argument.Length, Sha256 = Convert.ToHexStringLower(SHA256.HashData(argument.Span)) });
                argument = (byte[])[.. argument.Span[..KeptOfEachEnd], .. "…"u8, .. argument.Span[^KeptOfEachEnd..]];
            }

            arguments.Add(argument);
        }

        return new ArgvCut(arguments, cuts) { OmittedFrom = (uint)omittedFrom, OmittedCount = (uint)omitted };
    }
}
