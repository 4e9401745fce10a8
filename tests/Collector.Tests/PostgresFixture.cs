using Xunit;

namespace Tallyman.Collector.Tests;

/// <summary>One PostgreSQL for all tests that want one, with a database for each.</summary>
public sealed class PostgresFixture : IDisposable
{
    internal PostgresServer Server { get; } = new();

    public void Dispose() => Server.Dispose();
}

[CollectionDefinition(nameof(PostgresFixture))]
public sealed class PostgresCollection : ICollectionFixture<PostgresFixture>;
