using Tallyman.Agent.Alerts;
using Xunit;

namespace Tallyman.Agent.Tests.Alerts;

public class LeadingIndicatorTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("A 10 1", "A")]
    [InlineData("A 10 9, B 20 1", "B")]
    [InlineData("A 10 1, B 10 2, C 10 1", "B")]
    [InlineData("A 10 2, B 10 2", "A")]
    [InlineData("A 0 0, B 0 1, A 0 0", "B")]
    public void One_leads_by_its_risk_then_its_weight_then_its_place(string indicators, string leading)
    {
        var alert = new V1.Alert();
        alert.Indicators.AddRange(indicators.Split(", ", StringSplitOptions.RemoveEmptyEntries).Select(static text => text.Split(' '))
            .Select(static words => new V1.Indicator { Id = words[0], Risk = uint.Parse(words[1], null), Weight = uint.Parse(words[2], null) }));

        Assert.Equal(leading, LeadingIndicator.Of(alert));
    }
}
