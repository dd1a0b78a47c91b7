using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Pipelines;

namespace Beadswarm.Journal;

/// <summary>What the journal says about a bead. Renewals are not in it: a lease ends as it was granted.</summary>
/// <param name="Failures">Of infrastructure; null where an older program wrote without counting them.</param>
sealed record FoldedBead(
    BeadId Id, BeadState State, StageName Stage, int Attempt, bool Ready, bool Worked, int? Failures);

/// <summary>An entry of the journal, and where its bead stood before and after it.</summary>
sealed record JournalStep(JournalEntry Entry, FoldedBead? Before, FoldedBead? After);

/// <summary>
/// State is the fold of the journal: reading it from the start gives what the store's tables hold. Where the two
/// differ, one of them was written without the other.
/// </summary>
static class JournalFold
{
    public static IReadOnlyDictionary<BeadId, FoldedBead> Fold(IEnumerable<JournalEntry> entries)
    {
        var beads = new Dictionary<BeadId, FoldedBead>();
        foreach (var entry in entries)
        {
            Take(beads, entry);
        }

        return beads;
    }

    /// <summary>The fold one entry after the other.</summary>
    public static IEnumerable<JournalStep> Replay(IEnumerable<JournalEntry> entries)
    {
        var beads = new Dictionary<BeadId, FoldedBead>();
        foreach (var entry in entries)
        {
            var before = entry.Bead is { } id ? beads.GetValueOrDefault(id) : null;
            yield return new JournalStep(entry, before, Take(beads, entry));
        }
    }

    static FoldedBead? Take(Dictionary<BeadId, FoldedBead> beads, JournalEntry entry)
    {
        if (entry.Event is JournalEvent.SwarmStarted { FirstStage: { } first })
        {
            BeginAt(beads, new StageName(first));
        }
        else if (entry.Bead is { } id && Next(beads.GetValueOrDefault(id), id, entry) is { } bead)
        {
            return beads[id] = bead;
        }

        return null;
    }

    /// <summary>Where the journal and the tables disagree, one line each.</summary>
    public static IReadOnlyList<string> Differences(
        IReadOnlyDictionary<BeadId, FoldedBead> folded, IReadOnlyCollection<BeadWork> beads)
    {
        var differences = new List<string>();
        foreach (var bead in beads)
        {
            if (!folded.TryGetValue(bead.Id, out var told))
            {
                differences.Add($"{bead.Id}: the journal does not know it");
                continue;
            }

            var failures = told.Failures ?? bead.InfrastructureFailures;
            var journal = (WithoutLease(told.State), told.Attempt, told.Ready, failures);
            var table = (WithoutLease(bead.State), bead.Attempt, bead.Ready, bead.InfrastructureFailures);
            if (journal != table)
            {
                differences.Add($"{bead.Id}: the journal says {journal}, the table {table}");
            }
        }

        var unknown = folded.Keys.Except(beads.Select(bead => bead.Id));
        differences.AddRange(unknown.Select(id => $"{id}: the table lacks it"));
        return differences;
    }

    static BeadState WithoutLease(BeadState state) =>
        state is BeadState.Held held ? held with { ExpiresAt = default } : state;

    // A swarm begins what nobody has worked on at the first stage of its pipeline.
    static void BeginAt(Dictionary<BeadId, FoldedBead> beads, StageName first)
    {
        foreach (var bead in beads.Values.Where(bead => !bead.Worked && bead.State is BeadState.Pending).ToArray())
        {
            beads[bead.Id] = Pend(bead, first, bead.Attempt, null, bead.Failures);
        }
    }

    static FoldedBead? Next(FoldedBead? bead, BeadId id, JournalEntry entry) => entry.Event switch
    {
        JournalEvent.BeadAdded added => new FoldedBead(
            id, new BeadState.Pending(new StageName(added.Stage ?? ""), null), new StageName(added.Stage ?? ""), 1,
            added.Ready, Worked: false, Failures: 0),
        _ when bead is null => null,
        JournalEvent.BeadReady ready => bead with { Ready = ready.Ready },
        JournalEvent.BeadWithdrawn => bead with { State = new BeadState.Withdrawn() },
        JournalEvent.BeadRevived revived => Pend(
            bead with { Ready = revived.Ready ?? bead.Ready }, Stage(revived.Stage, bead),
            revived.Attempt ?? bead.Attempt, revived.NotBefore, revived.InfrastructureFailures),
        JournalEvent.BeadClaimed claimed => Hold(
            bead, entry.Agent, claimed.Token, new StageName(claimed.Stage), claimed.ExpiresAt,
            claimed.External ?? false)
            with
        { Attempt = claimed.Attempt, Worked = true },
        JournalEvent.BeadAdopted adopted => Hold(
            bead, entry.Agent, adopted.Token, new StageName(adopted.Stage), adopted.ExpiresAt,
            bead.State is BeadState.Held { External: true }),
        JournalEvent.BeadReleased released => Pend(
            bead, new StageName(released.Stage), released.Attempt ?? bead.Attempt, released.NotBefore,
            released.InfrastructureFailures),
        JournalEvent.LeaseExpired expired => Pend(
            bead, new StageName(expired.Stage), bead.Attempt, null, expired.InfrastructureFailures),
        JournalEvent.StageEnded { Next: "keep" } ended when bead.State is BeadState.Held held => bead with
        {
            State = held with { Stage = Stage(ended.NextStage, bead) },
            Stage = Stage(ended.NextStage, bead),
            Attempt = ended.NextAttempt ?? bead.Attempt,
        },
        JournalEvent.StageEnded { Next: "free" } ended => Pend(
            bead, Stage(ended.NextStage, bead), ended.NextAttempt ?? bead.Attempt, ended.NotBefore,
            ended.InfrastructureFailures),
        JournalEvent.LandingQueued => bead with { State = new BeadState.Landing() },
        JournalEvent.LandingReturned { Next: "free" } returned => Pend(
            bead, Stage(returned.NextStage, bead), returned.NextAttempt ?? bead.Attempt, returned.NotBefore,
            returned.InfrastructureFailures),
        JournalEvent.LandingLeft left => bead with { State = new BeadState.Left(left.Branch) },
        JournalEvent.BeadBlocked blocked => bead with { State = new BeadState.Blocked(blocked.Reason) },
        JournalEvent.BeadLanded landed => bead with { State = new BeadState.Completed(landed.Commit, entry.At) },
        _ => bead, // the other events say what happened around a bead, not where it stands
    };

    static StageName Stage(string? name, FoldedBead bead) => name is null ? bead.Stage : new StageName(name);

    static FoldedBead Pend(
        FoldedBead bead, StageName stage, int attempt, DateTimeOffset? notBefore, int? failures) => bead with
        {
            State = new BeadState.Pending(stage, notBefore),
            Stage = stage,
            Attempt = attempt,
            Failures = failures,
        };

    static FoldedBead Hold(
        FoldedBead bead, AgentNumber? agent, long token, StageName stage, DateTimeOffset expiresAt,
        bool external) => bead with
        {
            State = new BeadState.Held(agent ?? default, new FencingToken(token), stage, expiresAt)
            {
                External = external,
            },
            Stage = stage,
        };
}
