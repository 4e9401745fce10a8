using System.Collections.Immutable;
using System.Text;
using Tallyman.Agent.CommandLines.Meanings;
using Tallyman.Agent.Model;
using Tallyman.Rendering;

namespace Tallyman.Agent.CommandLines.Sockets;

/// <summary>What is being learnt from the command line of a program that may speak to a runtime.</summary>
/// <param name="directory">The caller's current directory, absolute; null if it is not known.</param>
internal sealed class SocketReading(Argv argv, string? directory)
{
    private readonly List<Fact> _facts = [];
    private readonly List<string> _warnings = [];
    private string? _command;
    private string? _image;

    public Argv Argv { get; } = argv;

    public string Text(int arg) => SafeText.Decode(Argv[arg]);

    public string Text(in Option option) => option.ValueArg < 0 ? "" : SafeText.Decode(Argv[option.ValueArg][option.ValueStart..]);

    public ReadOnlySpan<byte> Bytes(in Option option) => option.ValueArg < 0 ? default : Argv[option.ValueArg][option.ValueStart..];

    /// <summary>A runtime is spoken to at this socket.</summary>
    public void AddSocket(string path, int arg, string? evidence = null) =>
        _facts.Add(new Fact(FactKind.SocketApi, HostPath.Clean(path), arg) { Path = HostPath.Resolve(path, directory), Evidence = evidence });

    /// <summary>A runtime is spoken to at this host and port.</summary>
    public void AddAddress(string address, int arg, string? evidence = null) =>
        _facts.Add(new Fact(FactKind.SocketApi, address, arg) { Evidence = evidence });

    /// <summary>What the first call of the engine's API asks for that can be told; its facts in any case.</summary>
    public void AddCall(EngineCall call, int arg)
    {
        _command = _command is null or [] ? call.Command : _command;
        _image ??= call.Image;
        _facts.AddRange(call.Facts.Select(fact => fact with { Arg = arg }));
    }

    /// <param name="name">The option that the body stands behind.</param>
    public void AddBody(string name, ReadOnlySpan<byte> body, int arg)
    {
        EngineRequest request = EngineRequest.Read(name, body, arg);
        _facts.AddRange(request.Facts);
        _image ??= request.Image;
        if (request.Error is string error)
        {
            _warnings.Add(error);
        }
    }

    /// <summary>The body is in a file, or comes by standard input.</summary>
    public void AddBodyFile(string file, int arg)
    {
        if (file.Length > 0)
        {
            _facts.Add(new Fact(FactKind.Manifest, file, arg) { Path = file == "-" ? null : HostPath.Resolve(file, directory) });
        }
    }

    public Invocation ToInvocation(Tool tool) => new(tool, _command ?? "")
    {
        Image = _image,
        Facts = [.. _facts],
        Warnings = [.. _warnings],
    };
}
