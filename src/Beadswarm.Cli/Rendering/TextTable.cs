using System.Text;

namespace Beadswarm.Cli.Rendering;

/// <summary>A table as plain aligned text: the same on a terminal, in a file and in a test.</summary>
sealed class TextTable(params TextColumn[] columns)
{
    const string Gap = "  ";

    /// <summary>A column that takes what is left never gets narrower than this.</summary>
    const int FlexibleWidthMin = 10;

    readonly List<string[]> _rows = [];

    public int Count => _rows.Count;

    /// <summary>Adds a row; cells are made safe, null is shown as a dash.</summary>
    public void Add(params string?[] cells) => _rows.Add([.. cells.Select(cell => SafeText.Line(cell ?? "-"))]);

    /// <summary>
    /// The table in at most <paramref name="width"/> columns where that is possible, each line ended.
    /// </summary>
    public string Format(int width)
    {
        var widths = Widths(width);
        var text = new StringBuilder();
        AppendRow(text, widths, [.. columns.Select(column => column.Title)]);
        foreach (var row in _rows)
        {
            AppendRow(text, widths, row);
        }

        return text.ToString();
    }

    int[] Widths(int width)
    {
        var widths = columns
            .Select((column, i) => _rows.Select(row => row[i].Length).Append(column.Title.Length).Max())
            .ToArray();
        var flexible = Array.FindIndex(columns, column => column.Flexible);
        var excess = widths.Sum() + (Gap.Length * (widths.Length - 1)) - width;
        if (flexible >= 0 && excess > 0)
        {
            widths[flexible] = Math.Min(widths[flexible], Math.Max(FlexibleWidthMin, widths[flexible] - excess));
        }

        return widths;
    }

    void AppendRow(StringBuilder text, int[] widths, string[] cells)
    {
        var start = text.Length;
        for (var i = 0; i < cells.Length; i++)
        {
            var cell = SafeText.Line(cells[i], widths[i]);
            text.Append(i == 0 ? "" : Gap)
                .Append(columns[i].Right ? cell.PadLeft(widths[i]) : cell.PadRight(widths[i]));
        }

        while (text.Length > start && text[^1] == ' ')
        {
            text.Length--;
        }

        text.Append('\n');
    }
}

/// <summary>A column of a <see cref="TextTable"/>.</summary>
/// <param name="Right">Numbers stand at the right.</param>
/// <param name="Flexible">Gives way when the table is too wide; at most one column is.</param>
readonly record struct TextColumn(string Title, bool Right = false, bool Flexible = false)
{
    public static implicit operator TextColumn(string title) => new(title);
}
