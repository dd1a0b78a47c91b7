using System.Globalization;

namespace Beadswarm.Benchmarks;

/// <summary>A table as it goes into the document, and the figures in it.</summary>
sealed class MarkdownTable(params string[] headings)
{
    readonly List<string[]> _rows = [];

    public void Add(params string[] cells) => _rows.Add(cells);

    /// <summary>The first column is text, the others are numbers and stand to the right.</summary>
    public override string ToString()
    {
        var all = _rows.Prepend(headings).ToArray();
        var widths = headings.Select((_, column) => all.Max(row => row[column].Length)).ToArray();
        var rule = widths.Select((width, column) =>
            column == 0 ? new string('-', width) : new string('-', width - 1) + ':');
        var lines = new List<string> { Line(headings, widths), $"| {string.Join(" | ", rule)} |" };
        lines.AddRange(_rows.Select(row => Line(row, widths)));
        return string.Join('\n', lines) + "\n";
    }

    /// <summary>Three significant digits, which is more than a shared machine can promise.</summary>
    public static string Number(double value)
    {
        var digits = Math.Abs(value) switch { >= 100 => 0, >= 10 => 1, >= 1 => 2, _ => 3 };
        return value.ToString("N" + digits, CultureInfo.InvariantCulture).Replace(',', ' ');
    }

    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    static string Line(string[] cells, int[] widths) =>
        "| " + string.Join(" | ", cells.Select((cell, column) =>
            column == 0 ? cell.PadRight(widths[column]) : cell.PadLeft(widths[column]))) + " |";
}
