using Tallyman.Grpc;

namespace Tallyman.Agent.Delivery;

/// <summary>Where records go.</summary>
/// <param name="Collectors">With scheme <c>https</c>, or <c>http</c> for clear text.</param>
/// <param name="Tls">Who this agent is and whom it trusts; null if no collector has <c>https</c>.</param>
internal sealed record CollectorOptions(IReadOnlyList<Uri> Collectors, TlsFiles? Tls);
