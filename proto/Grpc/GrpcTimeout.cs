using System.Globalization;

namespace Tallyman.Grpc;

/// <summary>The header <c>grpc-timeout</c>: up to eight digits and a unit, one of H M S m u n.</summary>
public static class GrpcTimeout
{
    private const long Largest = 99_999_999;

    /// <summary>Rounds up, so that the server never gives up before the client; at least 1 µs, at most 99,999,999 hours.</summary>
    public static string Format(TimeSpan timeout)
    {
        ReadOnlySpan<(long Ticks, char Unit)> units =
        [
            (TimeSpan.TicksPerMicrosecond, 'u'),
            (TimeSpan.TicksPerMillisecond, 'm'),
            (TimeSpan.TicksPerSecond, 'S'),
            (TimeSpan.TicksPerMinute, 'M'),
            (TimeSpan.TicksPerHour, 'H'),
        ];
        long ticks = Math.Max(timeout.Ticks, TimeSpan.TicksPerMicrosecond);
        foreach ((long unitTicks, char unit) in units)
        {
            long count = ((ticks - 1) / unitTicks) + 1;
            if (count <= Largest)
            {
                return string.Create(CultureInfo.InvariantCulture, $"{count}{unit}");
            }
        }

        return string.Create(CultureInfo.InvariantCulture, $"{Largest}H");
    }

    public static bool TryParse(string? text, out TimeSpan timeout)
    {
        timeout = default;
        if (text is not { Length: >= 2 and <= 9 }
            || !long.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out long count))
        {
            return false;
        }

        double ticks = text[^1] switch
        {
            'H' => TimeSpan.TicksPerHour,
            'M' => TimeSpan.TicksPerMinute,
            'S' => TimeSpan.TicksPerSecond,
            'm' => TimeSpan.TicksPerMillisecond,
            'u' => TimeSpan.TicksPerMicrosecond,
            'n' => 0.01,
            _ => double.NaN,
        };
        if (double.IsNaN(ticks))
        {
            return false;
        }

        timeout = TimeSpan.FromTicks((long)Math.Ceiling(count * ticks));
        return true;
    }
}
