using Beadswarm.Processes;

namespace Beadswarm.Tests.Processes;

public sealed class LineRedactionTests
{
    [Fact]
    public void A_private_key_is_left_out_over_all_its_lines() => Assert.Equal(
        ["before", "[redacted]", "after ghp [redacted]"],
        Read("before\n-----BEGIN RSA PRIVATE KEY-----\nabc\ndef\n-----END RSA PRIVATE KEY-----\n"
            + "after ghp ghp_abcdefghijklmnopqrstuvwx"));

    [Fact]
    public void A_certificate_and_a_key_on_one_line_hide_nothing_that_follows() => Assert.Equal(
        ["-----BEGIN CERTIFICATE-----", "abc", "[redacted]", "rest"],
        Read("-----BEGIN CERTIFICATE-----\nabc\n-----BEGIN PRIVATE KEY-----x-----END PRIVATE KEY-----\nrest"));

    [Fact]
    public void The_beginning_of_a_key_alone_does_not_hide_the_rest_of_a_log()
    {
        var lines = Read(
            "-----BEGIN PRIVATE KEY-----\n" + string.Concat(Enumerable.Range(1, 300).Select(i => $"line {i}\n")));

        Assert.Equal("line 201", lines[1]);
    }

    [Fact]
    public void A_value_of_ours_is_replaced() =>
        Assert.Equal(["a [redacted] b"], Read("a hunter2hunter2 b", "hunter2hunter2"));

    static string[] Read(string text, params string[] secrets)
    {
        var redaction = new LineRedaction(secrets);
        return [.. text.Split('\n').Select(redaction.Apply).OfType<string>()];
    }
}
