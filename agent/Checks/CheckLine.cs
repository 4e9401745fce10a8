namespace Tallyman.Agent.Checks;

internal enum Outcome
{
    Ok,
    Warn,
    Fail,
}

/// <summary>One thing that was looked at.</summary>
/// <param name="Text">How it is; where it is not well, what to do.</param>
internal sealed record CheckLine(string Subject, Outcome Outcome, string Text);
