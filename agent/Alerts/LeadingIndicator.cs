namespace Tallyman.Agent.Alerts;

/// <summary>The one reason that stands for an alert where there is room for one: the greatest risk, then the greatest weight, then the first.</summary>
internal static class LeadingIndicator
{
    /// <returns>Its id; empty if the alert has no indicators.</returns>
    public static string Of(V1.Alert alert) => alert.Indicators.MaxBy(static indicator => (indicator.Risk, indicator.Weight))?.Id ?? "";
}
