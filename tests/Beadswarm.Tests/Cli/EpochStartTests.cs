using Beadswarm.Cli;
using Beadswarm.Journal;
using Beadswarm.Swarms;
using Beadswarm.Tests.Support;

namespace Beadswarm.Tests.Cli;

/// <summary>The beginning of the newest orchestrator in journals of all lengths.</summary>
public sealed class EpochStartTests
{
    [Theory]
    [InlineData("S1", 0)]
    [InlineData("S1...", 0)]
    [InlineData("S1...S2..", 4)]
    [InlineData("S1.S2.S3.", 4)]
    [InlineData("S1........................................S2", 41)]
    [InlineData("S1...C..C.", 7)]
    [InlineData("S1....S2...C.C...", 11)]
    public async Task The_newest_orchestrator_is_found(string journal, long expected) =>
        Assert.Equal(expected, (await FindAsync(journal)).Start);

    [Fact]
    public async Task A_long_journal_costs_few_questions()
    {
        var (start, questions) = await FindAsync($"S1{new string('.', 100_000)}S2...");

        Assert.Equal(100_001, start);
        Assert.InRange(questions, 1, 40);
    }

    /// <summary>
    /// S and a digit begins a swarm, C continues it with another orchestrator, a point is anything else.
    /// </summary>
    static async Task<(long Start, int Questions)> FindAsync(string text)
    {
        var journal = new List<JournalEntry>();
        var (swarm, epoch) = (0, 0);
        foreach (var c in text.Where(c => !char.IsAsciiDigit(c)))
        {
            swarm += c == 'S' ? 1 : 0;
            epoch += c == '.' ? 0 : 1;
            journal.Add(new JournalEntry(
                journal.Count + 1, FixedReader.Start, swarm, null, null,
                c == '.'
                    ? new JournalEvent.BeadWithdrawn()
                    : new JournalEvent.SwarmStarted(epoch, "n", 1, null, null, Continued: c == 'C')));
        }

        var questions = 0;
        var record = new SwarmRecord(
            swarm, new SwarmEpoch(epoch), SwarmStatus.Running, null, "n", null, null, FixedReader.Start, null, false);
        var start = await EpochStart.FindAsync(
            (after, limit, _) =>
            {
                questions++;
                return Task.FromResult<IReadOnlyList<JournalEntry>>([.. journal.Skip((int)after).Take(limit)]);
            },
            record, TestContext.Current.CancellationToken);
        return (start, questions);
    }
}
