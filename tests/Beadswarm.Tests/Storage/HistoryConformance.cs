using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Configuration;
using Beadswarm.Journal;
using Beadswarm.Landing;
using Beadswarm.Pipelines;
using Beadswarm.Storage;
using Beadswarm.Swarms;
using FsCheck.Fluent;

namespace Beadswarm.Tests.Storage;

/// <summary>
/// Random histories: at every step the driver's statements answer what the pure rules answer for the same beads, and at
/// the end the journal, folded, gives what the tables hold. A failure prints the history; it replays by itself.
/// </summary>
public abstract class HistoryConformance : StoreConformance
{
    const int StepsMax = 120;
    const int Beads = 10;

    static readonly StageName[][] Roles = [AllStages, [Contract], [Implement, Review], [Review]];

    /// <summary>How many are run: fewer where every step crosses into another process.</summary>
    protected virtual int Histories => 40;

    readonly List<ClaimKey> _keys = [];
    readonly Dictionary<BeadId, StageRunId> _runs = [];
    readonly List<string> _history = [];
    ClaimBounds _bounds = new(null, null, false);

    [Fact]
    public async Task Random_histories_give_the_answers_of_the_pure_rules_and_journal_and_tables_agree()
    {
        var step = Gen.Zip(Gen.Choose(0, 19), Gen.Choose(0, 63));
        foreach (var steps in Gen.Sample(Gen.ArrayOf(step), StepsMax, Histories))
        {
            await BeginAnewAsync(steps.Length);
            foreach (var (operation, argument) in steps)
            {
                await StepAsync(operation, argument);
                await LookAsync();
            }

            await CheckJournalAsync();
        }
    }

    /// <summary>What is looked at after every step: nothing, unless there is something to compare it with.</summary>
    private protected virtual Task LookAsync() => Task.CompletedTask;

    async Task BeginAnewAsync(int seed)
    {
        if (_history.Count > 0)
        {
            await Store.SetSwarmStatusAsync(Epoch, SwarmStatus.Completed, null, Token);
        }

        _history.Clear();
        await BeginWithAsync(seed % 3 == 0 ? 5 : null, seed % 4 == 0 ? 6 : null, seed % 2 == 0);
        await IntakeAsync([.. Enumerable.Range(0, Beads).Select(n => Some(n, n * 7))]);
    }

    async Task BeginWithAsync(int? target, int? limit, bool followTracker)
    {
        var order = followTracker ? SelectOrder.Tracker : SelectOrder.Triage;
        var swarm = await BeginAsync(target, limit, order);
        _bounds = new ClaimBounds(swarm.Target, swarm.Limit, followTracker);
    }

    static BacklogEntry Some(int n, int mix) =>
        Entry($"x-{n}", mix % 3, mix % 2, mix % 4, ordinal: mix % 5, ready: mix % 5 != 4);

    async Task StepAsync(int operation, int argument)
    {
        _history.Add($"{operation}:{argument}");
        switch (operation)
        {
            case <= 4:
                await ClaimStepAsync(argument);
                break;
            case 5:
                // Now and then the clock is set back.
                Time.Advance(TimeSpan.FromSeconds(argument % 9 == 8 ? -argument : argument));
                break;
            case 6:
                await ReapStepAsync();
                break;
            case 7:
                await IntakeAsync(
                    [.. Enumerable.Range(0, Beads).Where(n => n != argument % 16).Select(n => Some(n, n + argument))]);
                break;
            case 8:
                await LandStepAsync(argument);
                break;
            case 9:
                await TellTrackerAsync();
                break;
            case 10:
                await PersonStepAsync(argument);
                break;
            case 11:
                await SwarmStepAsync(argument);
                break;
            default:
                await KeyStepAsync(operation, argument);
                break;
        }
    }

    async Task ClaimStepAsync(int argument)
    {
        var (agent, served) = ((argument % 4) + 1, Roles[argument / 4 % 4]);
        var swarm = await Store.ReadSwarmAsync(Token);
        var expected = swarm?.Status is SwarmStatus.Starting or SwarmStatus.Running
            ? ClaimRules.Next(await Store.ReadBeadsAsync(Token), served, _bounds, Time.GetUtcNow(), null)
            : null;

        var claim = await TryClaimAsync(agent, served);

        Check(expected?.Id, claim?.Bead);
        if (claim is not null)
        {
            Check(true, _keys.TrueForAll(key => key.Bead != claim.Bead || key.Token.Value < claim.Key.Token.Value));
            Check(expected?.Attempt, claim.Attempt);
            _keys.Add(claim.Key);
        }
    }

    async Task ReapStepAsync()
    {
        var expected = (await Store.ReadBeadsAsync(Token))
            .Where(bead => bead.State is BeadState.Held held && held.ExpiresAt <= Time.GetUtcNow())
            .Select(bead => bead.Id);
        var reaped = await Store.ReapExpiredAsync(Epoch, [], Token);
        Check(string.Join(' ', expected), string.Join(' ', reaped.Select(claim => claim.Claim.Bead).Order()));
    }

    async Task KeyStepAsync(int operation, int argument)
    {
        if (_keys.Count == 0)
        {
            return;
        }

        // Mostly a recent key; sometimes one that has been stale for long.
        var key = _keys[Math.Max(0, _keys.Count - 1 - (argument % (argument < 8 ? _keys.Count : 4)))];
        var bead = await BeadAsync(key.Bead.Value);
        var mayWrite = ClaimRules.MayWrite(bead.State, key, Time.GetUtcNow());
        switch (operation)
        {
            case 12:
                Check(mayWrite, (await Store.RenewAsync([key], Lease, Token)).Count == 0);
                break;
            case 13:
                var notBefore = argument % 2 == 0 ? (DateTimeOffset?)null : Time.GetUtcNow().AddSeconds(argument);
                var to = new BeadTransition.Free(AllStages[argument % 3], bead.Attempt, 0, notBefore);
                Check(mayWrite, await Store.ReleaseAsync(key, to, "released", null, Token) == WriteOutcome.Done);
                break;
            case 14:
                var adopted = await Store.AdoptClaimAsync(Epoch, key, Lease, Token);
                Check(ClaimRules.MayAdopt(bead.State, key), adopted is not null);
                _keys.AddRange(adopted is null ? [] : [adopted.Key]);
                break;
            case 15 or 16:
                var run = await Store.StartStageAsync(key, Start(key, Contract, bead.Attempt), Token);
                Check(mayWrite, run is not null);
                _runs[key.Bead] = run ?? _runs.GetValueOrDefault(key.Bead);
                break;
            default:
                await FinishStepAsync(key, bead, argument, mayWrite);
                break;
        }
    }

    async Task FinishStepAsync(ClaimKey key, BeadWork bead, int argument, bool mayWrite)
    {
        var run = _runs.GetValueOrDefault(key.Bead);
        var open = (await Store.ReadOpenStagesAsync(Token)).Any(stage => stage.Run == run);
        BeadTransition transition = (argument % 5) switch
        {
            0 => new BeadTransition.Free(Implement, bead.Attempt + 1, 0, null),
            1 => new BeadTransition.Keep(Review, bead.Attempt),
            2 => new BeadTransition.Block("attempts used up"),
            _ => new BeadTransition.Land(),
        };
        var outcome = await Store.FinishStageAsync(key, Finish(run), transition, Token);
        Check(mayWrite && open, outcome == WriteOutcome.Done);
    }

    async Task LandStepAsync(int argument)
    {
        if ((await Store.ReadQueueAsync(Token)).Entries is not [var head, ..])
        {
            return;
        }

        if (argument % 7 == 0 && head.State is not LandingState.Integrated)
        {
            LandingWish wish = argument % 2 == 0 ? new LandingWish.First() : new LandingWish.Eject("by hand");
            Check(WriteOutcome.Done, await Store.WishAsync(head.Bead, wish, Token));
        }

        var outcome = (argument % 5) switch
        {
            0 => await Store.IntendLandingsAsync(Epoch, [new(head.Id, new LandingIntent("b", "c", "t", []))], Token),
            1 => await Store.ReturnLandingAsync(
                Epoch, head.Id, "red", new BeadTransition.Free(Implement, head.Attempt + 1, 0, null), [], Token),
            2 => await Store.ReturnLandingAsync(Epoch, head.Id, "red", new BeadTransition.Block("red"), [], Token),
            3 => await Store.LeaveLandingAsync(Epoch, head.Id, head.Branch, Token),
            _ => await Store.CompleteLandingAsync(Epoch, head.Id, new LandingProof("c1", "c1"), Token),
        };
        Check(WriteOutcome.Done, outcome);
    }

    async Task PersonStepAsync(int argument)
    {
        var id = BeadId.Parse($"x-{argument % Beads}");
        var bead = await BeadAsync(id.Value);
        var retried = await Store.RetryAsync(
            id, new BeadTransition.Free(Implement, bead.Attempt + 1, 0, null), 2, Token);
        Check(bead.State is BeadState.Blocked, retried == WriteOutcome.Done);
        var released = await Store.ForceReleaseAsync(id, "by hand", Token);
        Check(bead.State is BeadState.Held, released == WriteOutcome.Done);
    }

    async Task SwarmStepAsync(int argument)
    {
        var status = (SwarmStatus)(argument % 5);
        Check(WriteOutcome.Done, await Store.SetSwarmStatusAsync(Epoch, status, null, Token));
        if (argument % 2 == 0)
        {
            await BeginWithAsync(argument % 7 == 0 ? 4 : null, argument % 5 == 0 ? 4 : null, argument % 4 == 0);
        }
    }

    [Fact]
    public async Task The_journal_says_when_a_snooze_ends_as_exactly_as_the_tables_do()
    {
        var claim = await HeldAsync();
        var until = Time.GetUtcNow() + TimeSpan.FromTicks(123_456_789);

        await Store.ReleaseAsync(claim.Key, new BeadTransition.Free(Implement, 1, 1, until), "later", null, Token);

        await CheckJournalAsync();
    }

    async Task CheckJournalAsync()
    {
        var journal = await JournalAsync();
        var beads = await Store.ReadBeadsAsync(Token);
        Check("", string.Join('\n', JournalFold.Differences(JournalFold.Fold(journal), beads)));
        Check(journal.Count, (int)journal[^1].Sequence);
        foreach (var claims in journal
            .Where(entry => entry.Event is JournalEvent.BeadClaimed or JournalEvent.BeadAdopted)
            .GroupBy(entry => entry.Bead))
        {
            var tokens = claims.Select(entry => entry.Event switch
            {
                JournalEvent.BeadClaimed claimed => claimed.Token,
                JournalEvent.BeadAdopted adopted => adopted.Token,
                _ => 0,
            }).ToArray();
            Check(string.Join(' ', tokens.Order().Distinct()), string.Join(' ', tokens));
        }
    }

    void Check<T>(T expected, T actual) => Assert.True(
        EqualityComparer<T>.Default.Equals(expected, actual),
        $"expected {expected}, got {actual} after: {string.Join(' ', _history)}");
}
