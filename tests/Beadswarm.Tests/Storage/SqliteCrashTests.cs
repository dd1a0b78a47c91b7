using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Journal;
using Beadswarm.Storage;
using Beadswarm.Storage.Sqlite;
using Beadswarm.Tests.Support;

namespace Beadswarm.Tests.Storage;

/// <summary>Real processes: killed in the middle, or with the library that ships with the program.</summary>
public sealed class SqliteCrashTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(150)]
    [InlineData(700)]
    public async Task After_kill_9_every_acknowledged_claim_is_there_and_journal_and_tables_agree(int kill)
    {
        var path = _folder["swarm.db"];
        var (child, reader) = StoreChild.Start(path, "system");
        var acknowledged = new List<string>();
        using (child)
        using (reader)
        {
            await reader.ReadLineAsync(Token); // the version
            while (acknowledged.Count < kill && await reader.ReadLineAsync(Token) is { } line)
            {
                acknowledged.Add(line.TrimEnd());
            }

            child.Kill();
            await child.WaitForExitAsync(Token);
            while (await reader.ReadLineAsync(Token) is { } line)
            {
                acknowledged.Add(line.TrimEnd());
            }
        }

        // The last line may have been cut by the kill.
        Assert.InRange(acknowledged.Count, kill, 2999);
        await using var store = await SqliteStore.OpenAsync(path, TimeProvider.System, Token);
        var beads = await store.ReadBeadsAsync(Token);
        var held = beads.Where(bead => bead.State is BeadState.Held)
            .Select(bead => (BeadState.Held)bead.State is var state ? $"{bead.Id} {state.Agent} {state.Token}" : "")
            .ToHashSet();
        Assert.Equal([], acknowledged.SkipLast(1).Where(line => !held.Contains(line)));
        var journal = await store.ReadJournalAsync(0, null, int.MaxValue, Token);
        Assert.Equal([], JournalFold.Differences(JournalFold.Fold(journal), beads));
        Assert.Equal(journal.Count, journal[^1].Sequence);
        Assert.Equal(held.Count, journal.Count(entry => entry.Event is JournalEvent.BeadClaimed));
        Assert.Equal(held.Count, (await store.ReadOutboxAsync(Token)).Count(entry => entry.Change is BeadChange.Start)
            + Math.Max(0, held.Count - OutboxRules.ReadMax));
    }

    [Fact]
    public async Task The_library_that_ships_with_the_program_does_the_same_work()
    {
        var (child, reader) = StoreChild.Start(_folder["swarm.db"], "bundled");
        using (child)
        using (reader)
        {
            var version = await reader.ReadLineAsync(Token);
            var lines = (await reader.ReadToEndAsync(Token)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
            await child.WaitForExitAsync(Token);

            Assert.Equal("version 3.35.5", version);
            Assert.Equal(0, child.ExitCode);
            Assert.Equal(3000, lines.Select(line => line.Split(' ')[0]).Distinct().Count());
        }
    }
}
