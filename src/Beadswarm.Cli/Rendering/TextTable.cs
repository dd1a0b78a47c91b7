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

    // Loops instead of queries: status draws this table, and starts in a fraction of the time without them.
    int[] Widths(int width)
    {
        var widths = new int[columns.Length];
        var flexible = -1;
        var total = Gap.Length * (columns.Length - 1);
        for (var i = 0; i < columns.Length; i++)
        {
            widths[i] = columns[i].Title.Length;
            foreach (var row in _rows)
            {
                widths[i] = Math.Max(widths[i], row[i].Length);
            }

            total += widths[i];
            flexible = flexible < 0 && columns[i].Flexible ? i : flexible;
        }

        if (flexible >= 0 && total > width)
        {
            widths[flexible] = Math.Min(
                widths[flexible], Math.Max(FlexibleWidthMin, widths[flexible] - (total - width)));
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
sealed record TextColumn(string Title, bool Right = false, bool Flexible = false)
{
    public static implicit operator TextColumn(string title) => new(title);
}
