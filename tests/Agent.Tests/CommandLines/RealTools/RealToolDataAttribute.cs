using System.Reflection;
using Xunit.Sdk;

namespace Tallyman.Agent.Tests.CommandLines.RealTools;

/// <summary>A row of a theory for one tool: skipped, with the reason, where that is not to be had.</summary>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
internal sealed class RealToolDataAttribute : DataAttribute
{
    private readonly string _tool;

    public RealToolDataAttribute(string tool)
    {
        _tool = tool;
        (IReadOnlyList<RealTool> found, string reason) = RealTool.Find(tool);
        Skip = found.Count == 0 ? reason : null;
    }

    public override IEnumerable<object[]> GetData(MethodInfo testMethod) => [[_tool]];
}
