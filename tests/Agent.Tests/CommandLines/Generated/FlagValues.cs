namespace Tallyman.Agent.Tests.CommandLines.Generated;

/// <summary>Values that the tools themselves take for flags of a type.</summary>
internal static class FlagValues
{
    /// <summary>Null for the types that take any text.</summary>
    public static string? Of(FlagData flag, Random random) => flag.Type switch
    {
        "string" when flag.Long == "log-level" => "debug",
        "int" or "int32" or "int64" or "intSlice" or "uint" or "uint16" or "uint32" or "uint64" or "uintSlice" or "port" or "Level" or "decimal" => $"{random.Next(1, 9)}",
        "float" or "float64" => "1.5",
        "bytes" => "64m",
        "duration" => $"{random.Next(1, 9)}s",
        "ip" or "ipSlice" => "10.0.0.7",
        "ipNetSlice" => "10.0.0.0/24",
        "map" or "stringToString" or "mapStringString" or "filter" or "pref" => "k=v",
        "tristate" => "true",
        "ulimit" => "nofile=1024",
        _ => null,
    };
}
