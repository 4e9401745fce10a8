using System.Security.Cryptography;

namespace Tallyman.Agent.Redaction;

/// <summary>
/// Stands for a secret: equal secrets of a site have equal hashes, and without the site's key nobody can try out guesses.
/// </summary>
internal sealed class SecretHash
{
    public const int KeyLength = 32;

    /// <summary>48 bits: enough to tell the secrets of a site apart, of no use to find one.</summary>
    private const int Shown = 6;

    private readonly byte[] _key;

    public SecretHash(ReadOnlySpan<byte> key)
    {
        if (key.Length != KeyLength)
        {
            throw new ArgumentException($"a key of redaction must have {KeyLength} bytes, has {key.Length}", nameof(key));
        }

        _key = key.ToArray();
    }

    /// <summary>With a key that nobody has and that ends with the process.</summary>
    public static SecretHash OfThisProcess() => new(RandomNumberGenerator.GetBytes(KeyLength));

    /// <returns>12 hexadecimal digits.</returns>
    public string Of(ReadOnlySpan<byte> secret)
    {
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(_key, secret, hash);
        return Convert.ToHexStringLower(hash[..Shown]);
    }

    /// <summary>What is written in the secret's place.</summary>
    public string Mark(ReadOnlySpan<byte> secret) => $"[redacted:{Of(secret)}]";
}
