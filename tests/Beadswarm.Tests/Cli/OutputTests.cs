using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Cli;
using Beadswarm.Cli.Rendering;
using Beadswarm.Journal;
using Beadswarm.Tests.Support;

namespace Beadswarm.Tests.Cli;

/// <summary>What a run prints, whoever reads it, and however much there is to say.</summary>
public sealed class OutputTests
{
    [Fact]
    public void Output_that_nobody_takes_any_more_is_dropped()
    {
        var closed = new ClosedAfter(2);
        var output = new LastingWriter(closed);

        for (var line = 1; line <= 5; line++)
        {
            output.Write($"line {line}\n");
        }

        output.Flush();
        Assert.Equal("line 1\nline 2\n", closed.ToString());
        Assert.Equal(3, closed.Writes);
    }

    [Fact]
    public void A_log_never_grows_beyond_its_bound_and_keeps_the_newest()
    {
        using var folder = new TemporaryFolder();
        var path = folder["swarm.log"];
        using (var log = new BoundedLog(path, 1_000))
        {
            for (var line = 0; line < 100; line++)
            {
                log.Write($"{line:0000} the quick brown fox jumps over\n");
                Assert.InRange(new FileInfo(path).Length, 0, 1_000);
            }
        }

        var lines = File.ReadAllLines(BoundedLog.OlderOf(path)).Concat(File.ReadAllLines(path)).ToArray();
        Assert.EndsWith("0099 the quick brown fox jumps over", lines[^1], StringComparison.Ordinal);
        Assert.InRange(lines.Length, 28, 60);
        Assert.Equal(lines.Order(), lines);
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
    }

    [Fact]
    public void A_log_that_was_there_is_gone_on_with()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["swarm.log"], "before\n");

        using (var log = new BoundedLog(folder["swarm.log"], 1_000))
        {
            log.Write("after\n");
        }

        Assert.Equal("before\nafter\n", File.ReadAllText(folder["swarm.log"]));
    }

    [Fact]
    public void A_thousand_failing_agents_are_a_handful_of_lines_and_a_count()
    {
        var lines = Lines(
            from agent in Enumerable.Range(1, 1_000)
            select Failed(agent, agent / 1000.0, "cannot start 'claude': not found"));

        Assert.InRange(lines.Count, 6, 12);
        Assert.StartsWith("20:00:00 agent 1 t-1 implement error", lines[0], StringComparison.Ordinal);
        Assert.Equal(1_000, lines.Sum(Told));
    }

    [Fact]
    public void A_thousand_beginnings_are_counted_too_and_those_of_a_swarm_at_work_are_not()
    {
        var lines = Lines(Enumerable.Range(1, 1_000).Select(agent => At(agent, agent / 1000.0, Claimed)));

        Assert.Equal(101, lines.Count);
        Assert.Contains("900 more: claimed at contract", lines[^1], StringComparison.Ordinal);
        Assert.Equal(90, Lines(Enumerable.Range(1, 90).Select(agent => At(agent, agent / 10.0, Claimed))).Count);
    }

    [Fact]
    public void Different_reasons_are_told_apart_and_numbers_make_no_difference()
    {
        var lines = Lines(Enumerable.Range(1, 100).Select(agent => Failed(
            agent, 0, agent % 2 == 0 ? $"exit code {agent}" : $"process {agent} crashed")));

        Assert.Equal(12, lines.Count);
        Assert.Contains("45 more: implement error: exit code 100", lines[^1] + lines[^2], StringComparison.Ordinal);
    }

    [Fact]
    public void What_fails_now_and_then_is_told_each_time() =>
        Assert.Equal(20, Lines(Enumerable.Range(1, 20).Select(n => Failed(n, n * 11, "a test failed"))).Count);

    static List<string> Lines(IEnumerable<JournalEntry> entries)
    {
        var lines = new JournalLines(TimeZoneInfo.Utc);
        return [.. entries.SelectMany(lines.Next).ToArray(), .. lines.Rest()];
    }

    /// <summary>How many failures a line stands for.</summary>
    static int Told(string line) =>
        line.IndexOf(" more: ", StringComparison.Ordinal) is > 0 and var end
            ? int.Parse(line[9..end], System.Globalization.CultureInfo.InvariantCulture)
            : 1;

    static readonly JournalEvent Claimed = new JournalEvent.BeadClaimed("contract", 1, 1, FixedReader.Start);

    static JournalEntry Failed(int agent, double at, string summary) => At(
        agent, at,
        new JournalEvent.StageEnded(agent, "implement", 1, "error", summary, null, "free", 5, "implement", 1));

    static JournalEntry At(int agent, double seconds, JournalEvent what) => new(
        agent, FixedReader.Start.AddSeconds(seconds), 1, BeadId.Parse($"t-{agent}"), new AgentNumber(agent), what);

    /// <summary>A pipe whose reader leaves after so many writes.</summary>
    sealed class ClosedAfter(int writes) : StringWriter
    {
        public int Writes { get; private set; }

        public override void Write(string? value)
        {
            if (++Writes > writes)
            {
                throw new IOException("Broken pipe");
            }

            base.Write(value);
        }
    }
}
