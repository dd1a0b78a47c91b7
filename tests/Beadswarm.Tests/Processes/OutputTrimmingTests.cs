using System.Text;
using Beadswarm.Processes;
using FsCheck;
using FsCheck.Fluent;

namespace Beadswarm.Tests.Processes;

public sealed class OutputTrimmingTests
{
    [Fact]
    public void Short_output_stays_as_it_is() => Assert.Equal("one\ntwo", OutputTrimming.Trim("one\ntwo\n", 100));

    [Fact]
    public void Beginning_end_and_errors_are_kept()
    {
        var lines = Enumerable.Range(0, 1000).Select(i => i == 500 ? "a.cs(3,4): error CS1: no" : $"line {i}");

        var trimmed = OutputTrimming.Trim(string.Join('\n', lines), 1000);

        Assert.StartsWith("line 0\nline 1\n", trimmed, StringComparison.Ordinal);
        Assert.EndsWith("line 998\nline 999", trimmed, StringComparison.Ordinal);
        Assert.Contains("error CS1: no", trimmed, StringComparison.Ordinal);
        Assert.Contains("lines left out", trimmed, StringComparison.Ordinal);
    }

    [Fact]
    public void Colours_titles_and_other_controls_are_removed() =>
        Assert.Equal(
            "red link\tend\nnext",
            OutputTrimming.Clean("\e[1;31mred\e[0m \e]0;title\alink\tend\r\n\0next\b"));

    [Fact]
    public void The_budget_holds_and_the_text_is_valid_whatever_comes_in() =>
        Prop.ForAll<string?, PositiveInt, PositiveInt>((text, repeat, budget) =>
        {
            var output = string.Concat(Enumerable.Repeat(text + "error 𝄞ä\n", (repeat.Get % 50) + 1));
            var bytesMax = (budget.Get * 7 % 500) + 1;

            var trimmed = OutputTrimming.Trim(output, bytesMax);

            var strict = new UTF8Encoding(false, throwOnInvalidBytes: true);
            return strict.GetByteCount(trimmed) <= bytesMax
                && !trimmed.Any(c => char.IsControl(c) && c is not '\n' and not '\t');
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_single_endless_line_is_cut()
    {
        var trimmed = OutputTrimming.Trim(new string('x', 1_000_000), 100);

        Assert.Equal(new string('x', 100), trimmed);
    }
}
