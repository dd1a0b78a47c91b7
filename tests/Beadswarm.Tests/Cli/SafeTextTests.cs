using Beadswarm.Cli.Rendering;
using FsCheck;
using FsCheck.Fluent;

namespace Beadswarm.Tests.Cli;

public sealed class SafeTextTests
{
    [Theory]
    [InlineData("plain ünïcödé 漢字", "plain ünïcödé 漢字")]
    [InlineData("\u001b[1;31mred\u001b[0m", "red")]
    [InlineData("\u001b]0;title\u0007x", "x")]
    [InlineData("\u001b]8;;http://e\u001b\\link\u001b]8;;\u001b\\", "link")]
    [InlineData("\u001bPq#0\u001b\\after", "after")]
    [InlineData("\u001b(Bx\u001b7y\u001bcz", "xyz")]
    [InlineData("\u009b2Jgone", "gone")]
    [InlineData("bell\u0007 null\u0000", "bell\ufffd null\ufffd")]
    [InlineData("a\r\nb", "a b")]
    [InlineData("right\u202eleft", "right\ufffdleft")]
    [InlineData("cut\u001b[", "cut")]
    [InlineData("cut\u001b", "cut")]
    [InlineData("cut\u001b]0;never ended", "cut")]
    public void Control_sequences_do_not_reach_a_terminal(string text, string expected) =>
        Assert.Equal(expected, SafeText.Line(text));

    [Fact]
    public void Many_lines_keep_their_breaks_and_tabs() =>
        Assert.Equal("a\n\tb\nc\nd", SafeText.Lines("a\r\n\tb\rc\n\u001b[2Kd"));

    [Fact]
    public void A_cut_line_ends_with_an_ellipsis_and_never_inside_a_character()
    {
        Assert.Equal("abc", SafeText.Line("abc", 3));
        Assert.Equal("ab…", SafeText.Line("abcd", 3));
        Assert.Equal("a…", SafeText.Line("a😀bc", 3));
        Assert.Equal("", SafeText.Line("abc", 0));
    }

    [Fact]
    public void Nothing_that_is_written_can_move_the_cursor() =>
        Prop.ForAll(
            ArbMap.Default.GeneratorFor<char>().ArrayOf()
                .Select(chars => string.Concat(chars.Select((c, i) => i % 3 == 0 ? '\u001b' : c))).ToArbitrary(),
            text => !SafeText.Line(text).Any(char.IsControl)
                && !SafeText.Lines(text).Any(c => char.IsControl(c) && c is not ('\n' or '\t')))
            .QuickCheckThrowOnFailure();
}
