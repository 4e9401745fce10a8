namespace Tallyman.Cli;

/// <summary>Has a message that comes again and again said a few times in a minute, and counts the others. Any thread may use it.</summary>
public sealed class RepeatedMessages(TimeProvider time)
{
    public const int SaidAtMost = 5;
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private const int MostMessages = 256; // beyond that others are said each time

    private readonly Dictionary<string, (long Since, int Times)> _messages = [];

    /// <param name="message">Those with the same text are the same.</param>
    /// <returns>False if it is counted instead.</returns>
    public bool IsToBeSaid(string message)
    {
        lock (_messages)
        {
            if (!_messages.TryGetValue(message, out (long Since, int Times) said))
            {
                if (_messages.Count < MostMessages)
                {
                    _messages[message] = (time.GetTimestamp(), 1);
                }

                return true;
            }

            _messages[message] = (said.Since, said.Times + 1);
            return said.Times < SaidAtMost;
        }
    }

    /// <summary>Forgets those whose minute is over, and gives the ones of them that were not said each time.</summary>
    /// <param name="all">Whether their minute is over or not.</param>
    public IReadOnlyList<(string Message, int NotSaid)> Take(bool all = false)
    {
        lock (_messages)
        {
            var over = new List<(string, int)>();
            foreach ((string message, (long since, int times)) in _messages)
            {
                if (all || time.GetElapsedTime(since) >= Window)
                {
                    _messages.Remove(message);
                    if (times > SaidAtMost)
                    {
                        over.Add((message, times - SaidAtMost));
                    }
                }
            }

            return over;
        }
    }
}
