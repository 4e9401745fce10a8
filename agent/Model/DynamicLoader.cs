namespace Tallyman.Agent.Model;

/// <summary>
/// The dynamic loader started as a program: ld.so [OPTION]… PROGRAM ARGUMENT…. Its options are those of glibc 2.17 to 2.42
/// (elf/rtld.c) and of musl 1.2 (ldso/dynlink.c).
/// </summary>
public static class DynamicLoader
{
    /// <param name="at">Index of the loader's own name.</param>
    /// <returns>Index in argv of the program that is run; -1 if none is.</returns>
    public static int ProgramIn(Argv argv, int at)
    {
        for (int i = at + 1; i < argv.Count; i++)
        {
            ReadOnlySpan<byte> text = argv[i];
            if (text is not [(byte)'-', (byte)'-', ..])
            {
                return i;
            }

            if (text.Length == 2)
            {
                return i + 1 < argv.Count ? i + 1 : -1;
            }

            int equals = text.IndexOf((byte)'=');
            ReadOnlySpan<byte> name = text[2..(equals < 0 ? text.Length : equals)];
            if (TakesValue(name))
            {
                i += equals < 0 ? 1 : 0;
            }
            else if (!name.SequenceEqual("inhibit-cache"u8))
            {
                return -1; // --list and --verify only look at the program, the others at nothing
            }
        }

        return -1;
    }

    /// <summary>The path of the program that is run, absolute or as it is written; empty where none is, or one that has a watched name.</summary>
    public static HostText UnnamedProgramIn(Argv argv) =>
        ProgramIn(argv, 0) is int program and >= 0 && argv[program].Contains((byte)'/') && Executables.OfPath(argv[program]) is null
            ? new HostText(argv.Memory(program))
            : default;

    private static bool TakesValue(ReadOnlySpan<byte> name) =>
        name.SequenceEqual("library-path"u8) || name.SequenceEqual("preload"u8) || name.SequenceEqual("argv0"u8) || name.SequenceEqual("audit"u8)
        || name.SequenceEqual("inhibit-rpath"u8) || name.SequenceEqual("glibc-hwcaps-prepend"u8) || name.SequenceEqual("glibc-hwcaps-mask"u8);
}
