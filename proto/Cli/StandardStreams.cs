namespace Tallyman.Cli;

/// <summary>
/// Standard input, output and error as a program may find them: closed, full, gone. Where one was closed at the start, the runtime
/// has opened something of its own under the number meanwhile, which must be neither read nor written.
/// </summary>
public static class StandardStreams
{
    private const int O_CLOEXEC = 0x80000;

    /// <exception cref="IOException">It is closed.</exception>
    public static Stream OpenInput() => IsOpen(0) ? Console.OpenStandardInput() : throw new IOException("standard input is closed");

    /// <summary>To write to it throws an <see cref="IOException"/> that names it, where it cannot be written. A pipe that nobody reads any more takes everything (.NET has it so).</summary>
    public static Stream OpenOutput() => new Output(IsOpen(1) ? Console.OpenStandardOutput() : null);

    /// <summary>What goes to the console goes there as well. Messages that nobody takes are left unsaid: the exit code is the answer then.</summary>
    public static void Prepare()
    {
        Console.SetOut(new StreamWriter(OpenOutput()) { AutoFlush = true });
        Console.SetError(new StreamWriter(new Messages(IsOpen(2) ? Console.OpenStandardError() : Stream.Null)) { AutoFlush = true });
    }

    /// <summary>What was inherited is never closed on exec; what the runtime has opened itself always is.</summary>
    private static bool IsOpen(int number)
    {
        try
        {
            string flags = File.ReadLines($"/proc/self/fdinfo/{number}").First(static line => line.StartsWith("flags:", StringComparison.Ordinal));
            return (Convert.ToInt32(flags["flags:".Length..].Trim(), fromBase: 8) & O_CLOEXEC) == 0;
        }
        catch (FileNotFoundException)
        {
            return false;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return true; // there is no /proc to say so
        }
    }

    /// <param name="stream">Null if it is closed.</param>
    private sealed class Output(Stream? stream) : WriteOnlyStream
    {
        public override void Write(ReadOnlySpan<byte> buffer)
        {
            try
            {
                (stream ?? throw new IOException("it is closed")).Write(buffer);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new IOException($"standard output cannot be written: {(e.InnerException ?? e).Message}", e);
            }
        }
    }

    private sealed class Messages(Stream stream) : WriteOnlyStream
    {
        public override void Write(ReadOnlySpan<byte> buffer)
        {
            try
            {
                stream.Write(buffer);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // there is no place left to say it
            }
        }
    }

    private abstract class WriteOnlyStream : Stream
    {
        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override void Flush()
        {
        }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public abstract override void Write(ReadOnlySpan<byte> buffer);

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
