using System.Collections.Immutable;
using Tallyman.Cli;

namespace Tallyman.Agent.Configuration;

/// <summary>
/// What is wrong with the configuration, all of it: each line says where, what is there, and what may be. Where all is wrong on the
/// command line, that is a mistake of usage.
/// </summary>
internal sealed class ConfigurationException(ImmutableArray<string> errors) : UserException(
    errors.All(static error => error.StartsWith("--", StringComparison.Ordinal)) ? Tallyman.Cli.ExitCode.Usage : Tallyman.Cli.ExitCode.Configuration,
    errors is [string error] ? error : $"{errors.Length} mistakes in the configuration:\n{string.Join('\n', errors)}")
{
    public ImmutableArray<string> Errors => errors;
}
