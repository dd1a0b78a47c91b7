using System.Text;
using System.Text.RegularExpressions;
using Beadswarm.Configuration;
using Beadswarm.Gates;
using Beadswarm.Tests.Support;

namespace Beadswarm.Tests.Gates;

/// <summary>Logs of gates, and patterns that count in them: any program writes the one, any user the other.</summary>
public sealed class GateLogFuzzTests : IDisposable
{
    static readonly ConfigKey Pattern = ConfigKeys.Of("gates.*.countPattern");

    readonly TemporaryFolder _folder = new();

    string Log => _folder["gate.log"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public Task Any_pattern_that_a_configuration_takes_counts_in_any_log_or_says_that_it_takes_too_long() =>
        new Fuzz<int?>(
            FuzzInputs.Of(
                "warning\u0001a.c:1: warning: x\nb.c: warning\n", "^ok \\d+$\u0001ok 1\nok 2\nnot ok\n",
                "(?i)\\bERROR\\b\u0001\u001b[31merror\u001b[0m x\r\n", "(a|b)*c\u0001ababababab\n",
                "(?<=x)y\u0001xyxy\n",
                "(.)\\1\u0001aabb\n"),
            "\u0001", "(a+)+$", "\\d{3,}", "[^a]*", "(?:", "|", "{1000}", "\\p{L}", "warning", "aaaaaaaaaaaaaaaa", "\n")
        {
            Read = input =>
            {
                var parts = input.Text.Split('\u0001', 2);
                var node = new ConfigNode.Scalar(parts[0], Quoted: true) { Origin = "x" };
                if (ConfigParsing.Parse(Pattern, node) is not Parsed.Value)
                {
                    return null;
                }

                File.WriteAllBytes(Log, Encoding.UTF8.GetBytes(parts.Length > 1 ? parts[1] : ""));
                return Count(parts[0]);
            },
            Thrown = error => error is RegexMatchTimeoutException ? "takes too long" : null,
            Refused = count => count is null ? "no pattern" : null,
            Holds = (input, count) => Assert.InRange(count ?? 0, 0, (2 * input.Text.Length) + 2),
            Count = 300,
            BytesMax = 4096,
            RepeatedBytesMax = 4096,
            AllocatedAtRestMax = 64 * 1024 * 1024,
        }.RunAsync();

    [Fact]
    public Task Any_log_is_shown_and_hashed() =>
        new Fuzz<string>(FuzzInputs.Of("line\n", "\0\n", "No space left on device\n", ""), "\n", "\u001b[2J")
        {
            Read = input =>
            {
                File.WriteAllBytes(Log, input.Bytes);
                return GateLog.Shown(Log);
            },
            Holds = (input, shown) => Assert.Equal(Encoding.UTF8.GetString(input.Bytes), shown),
            Count = 300,
            AllocatedPerByteMax = 64,
        }.RunAsync();

    [Fact]
    public void A_line_without_an_end_is_counted_in_pieces_and_progress_in_place_is_several_lines()
    {
        File.WriteAllText(Log, new string('x', 500_000) + "\nwarning\r\nwarn\rwarning\nwarning");

        Assert.Equal(500_000, Count("x"));
        Assert.Equal(3, Count("^warning$"));
    }

    [Fact]
    public async Task Counting_can_be_ended_between_two_lines()
    {
        await File.WriteAllTextAsync(Log, "a\nb\n", TestContext.Current.CancellationToken);
        using var ended = new CancellationTokenSource();
        await ended.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => GateLog.CountAsync(Log, "(?=x)", ended.Token));
    }

    int Count(string pattern) =>
        GateLog.CountAsync(Log, pattern, TestContext.Current.CancellationToken).GetAwaiter().GetResult();
}
