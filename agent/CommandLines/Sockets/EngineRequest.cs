using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Tallyman.Agent.CommandLines.Meanings;
using Tallyman.Agent.Model;

namespace Tallyman.Agent.CommandLines.Sockets;

/// <summary>
/// The JSON body of a request to an engine, and what it asks for. docker's bodies have most of it in HostConfig, libpod's have
/// it flat and under other names; as no name means one thing here and another there, both are read at once.
/// </summary>
/// <param name="Error">Why nothing, or not all, was read; null if all was.</param>
internal sealed record EngineRequest(ImmutableArray<Fact> Facts, string? Image, string? Error)
{
    private const int Longest = 1024 * 1024;

    // As deep as Go's encoding/json goes: what it takes must not be refused here.
    private static readonly JsonReaderOptions Json = new() { MaxDepth = 10_000 };

    /// <param name="name">Where the body stands, for the evidence: "--data HostConfig.Privileged".</param>
    /// <param name="arg">Index in argv of where it stands; -1 if it stands in a file.</param>
    /// <returns>What was asked for. Total: there is an answer for any bytes.</returns>
    public static EngineRequest Read(string name, ReadOnlySpan<byte> body, int arg = -1)
    {
        if (body.Length > Longest)
        {
            return new EngineRequest([], null, $"{name}: the body must have {Longest} bytes at most, has {body.Length}: it is not read");
        }

        var reading = new Reading(new ParsedCommandLine(Argv.Empty, new GrammarCommand("", null)), directory: null);
        try
        {
            // Like the engine it takes what is no UTF-8 for U+FFFD, and reads no further than the first value.
            var json = new Utf8JsonReader(Encoding.UTF8.GetBytes(JsonText.Repair(Encoding.UTF8.GetString(body))), Json);
            using JsonDocument document = JsonDocument.ParseValue(ref json);
            new EngineBody(reading, name, arg).Read("", document.RootElement);
        }
        catch (JsonException)
        {
            return new EngineRequest([], null, $"{name}: the body is no JSON");
        }

        return new EngineRequest([.. reading.Facts], reading.Image, null);
    }
}
