using System.Globalization;
using System.Text;

namespace Tallyman.Agent.Status;

/// <summary>Prometheus' text format: https://prometheus.io/docs/instrumenting/exposition_formats, version 0.0.4.</summary>
public sealed class PrometheusText
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    private readonly StringBuilder _text = new();
    private string _name = "";

    /// <summary>Samples that follow are of this metric.</summary>
    /// <param name="type">counter, gauge or histogram.</param>
    public PrometheusText Begin(string name, string type, string help)
    {
        _name = name;
        _text.Append("# HELP ").Append(name).Append(' ').Append(Escape(help)).Append('\n');
        _text.Append("# TYPE ").Append(name).Append(' ').Append(type).Append('\n');
        return this;
    }

    /// <param name="labels">As <see cref="Labels"/> gives them; empty for none.</param>
    public PrometheusText Add(ulong value, string labels = "") => Add(_name, labels, value.ToString(CultureInfo.InvariantCulture));

    public PrometheusText Add(double value, string labels = "") => Add(_name, labels, Number(value));

    public PrometheusText Add(Histogram histogram)
    {
        (var upTo, double sum) = histogram.Read();
        foreach ((double bound, ulong count) in upTo)
        {
            Add(_name + "_bucket", Labels(("le", Number(bound))), count.ToString(CultureInfo.InvariantCulture));
        }

        Add(_name + "_sum", "", Number(sum));
        return Add(_name + "_count", "", upTo[^1].Count.ToString(CultureInfo.InvariantCulture));
    }

    public override string ToString() => _text.ToString();

    /// <summary><c>name="value"</c>, with commas between; whatever the values are.</summary>
    public static string Labels(params ReadOnlySpan<(string Name, string Value)> labels)
    {
        var text = new StringBuilder();
        foreach ((string name, string value) in labels)
        {
            text.Append(text.Length > 0 ? "," : "").Append(name).Append("=\"").Append(Escape(value).Replace("\"", "\\\"", StringComparison.Ordinal)).Append('"');
        }

        return text.ToString();
    }

    private static string Escape(string text) => text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);

    private static string Number(double value) => double.IsPositiveInfinity(value) ? "+Inf" : value.ToString("R", CultureInfo.InvariantCulture);

    private PrometheusText Add(string name, string labels, string value)
    {
        _text.Append(name);
        if (labels.Length > 0)
        {
            _text.Append('{').Append(labels).Append('}');
        }

        _text.Append(' ').Append(value).Append('\n');
        return this;
    }
}
