using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Journal;

namespace Beadswarm.Auditing;

/// <summary>That the target branch holds what the store says that it holds, once, whole and in order.</summary>
static class TargetRules
{
    public static readonly IReadOnlyList<AuditRule> All =
    [
        new("target.forward", "I7", "the target still has everything that the swarm ever saw or put there",
            "somebody rewrote the branch: restore it from the reflog, or take the lost commits over by hand",
            AuditNeeds.Target, Forward),
        new("target.order", "I7", "the swarm's commits follow each other on the target as they were intended", Report,
            AuditNeeds.Target, Order),
        new("landing.present", "I4", "the commit of every bead that landed is on the target",
            "the bead is closed and its work is not there: merge the commit, or reopen the bead in the tracker",
            AuditNeeds.Target, Present),
        new("landing.recorded", "I4", "every commit on the target that names a bead was put there by the swarm",
            "if somebody wrote the trailer by hand, nothing; otherwise report this",
            AuditNeeds.Target | AuditNeeds.Rest, Recorded),
        new("landing.exact", "I4", "a bead is on the target exactly as often as it landed", Report,
            AuditNeeds.Target | AuditNeeds.Rest, Exact),
        new("landing.own", "I6", "a landing changes what its bead changed, and nothing else",
            "compare the commit with the merge of its parents: something was lost or added. Report this",
            AuditNeeds.Target, Own),
        new("landing.change", "I6", "a landing brings the work that its bead queued with, and of it only what the "
            + "bead's own commits changed: nothing that landed earlier is undone on the way",
            "look at the merges on the bead's branch: one of them dropped what was on the target. Bring it back",
            AuditNeeds.Target, Change),
        new("landing.batch", "I5 I6",
            "a commit that takes in several landings lies on the target that they were merged onto, and is the last of "
            + "them, each upon the one before", Report, AuditNeeds.Target, Batch),
        new("landing.content", "I4 I6", "what a bead brought has not been put back as it was before",
            "if that was meant, reopen the bead or say so in the tracker; otherwise revert that commit",
            AuditNeeds.Target, Content),
    ];

    const string Report = "look at the commits ('git log --first-parent'), and report this";

    static IEnumerable<AuditFinding> Forward(AuditView view)
    {
        var target = Target(view);
        var landed = LandedCommits(view);
        var seen = new HashSet<string>();
        foreach (var entry in view.Store.Journal)
        {
            var commit = entry.Event switch
            {
                JournalEvent.BeadLanded happened => happened.ObservedTip,
                JournalEvent.TrackerCommitted committed => committed.Commit,
                _ => null, // nothing else saw the target
            };
            if (commit is not null && !landed.Contains(commit) && !target.Contained.Contains(commit)
                && seen.Add(commit))
            {
                yield return new AuditFinding(
                    entry.Bead, $"{target.Branch} does not have {commit} any more",
                    $"entry {entry.Sequence} saw it there; the tip is {target.Tip}");
            }
        }
    }

    static IEnumerable<AuditFinding> Order(AuditView view)
    {
        // Of each line of first parents by itself: with an integration branch, what lands there and what is committed
        // to the target meanwhile come together only later, in either order.
        var latest = new Dictionary<string, TargetMove>();
        foreach (var commit in Target(view).Commits)
        {
            var last = latest.GetValueOrDefault(commit.FirstParent ?? "");
            var move = view.MovesByCommit[commit.Id].LastOrDefault();
            if ((move ?? last) is { } newest)
            {
                latest[commit.Id] = newest;
            }

            if (move is null)
            {
                continue;
            }

            if (move.Base is not null && move.Base != commit.FirstParent)
            {
                yield return new AuditFinding(
                    move.Bead, $"{commit.Id} lies on {commit.FirstParent}",
                    $"entry {move.Sequence} intended it on {move.Base}");
            }

            if (last is not null && move.Order < last.Order)
            {
                yield return new AuditFinding(
                    move.Bead, $"{commit.Id} comes after {last.Commit} on {Target(view).Branch}",
                    $"it was intended before, in entry {move.Sequence} and not after {last.Sequence}");
            }
        }
    }

    static IEnumerable<AuditFinding> Present(AuditView view)
    {
        var target = Target(view);

        // What somebody took off the target was noticed, and its bead taken up again.
        var lost = view.Of<JournalEvent.LandingLost>().Select(happened => happened.Event.Landing).ToHashSet();
        return
            from landed in view.Of<JournalEvent.BeadLanded>()
            where !target.Contained.Contains(landed.Event.Commit) && !lost.Contains(landed.Event.Landing)
            select new AuditFinding(
                landed.Entry.Bead,
                $"{landed.Entry.Bead} landed as {landed.Event.Commit}, which {target.Branch} does not have",
                $"entry {landed.Entry.Sequence}; the tip is {target.Tip}");
    }

    static IEnumerable<AuditFinding> Recorded(AuditView view)
    {
        // What was finished by somebody else, perhaps by a swarm of another clone, is withdrawn here.
        var ours = view.Store.Beads.Where(bead => bead.State is not BeadState.Withdrawn)
            .Select(bead => bead.Id.Value).ToHashSet();
        return
            from commit in Target(view).Commits
            where !view.MovesByCommit.Contains(commit.Id)
            from bead in commit.Beads
            where ours.Contains(bead)
            select new AuditFinding(
                BeadId.Parse(bead),
                $"{commit.Id} on {Target(view).Branch} names {bead}, and the swarm never intended it");
    }

    static IEnumerable<AuditFinding> Exact(AuditView view)
    {
        var target = Target(view);
        var landed = view.Of<JournalEvent.BeadLanded>().Select(happened => (happened.Entry.Bead, happened.Event.Commit))
            .ToHashSet();
        var unsettled = view.Store.Landings
            .Where(row => row.State is Landing.LandingState.Intended or Landing.LandingState.Integrated)
            .Select(row => row.Id.Value).ToHashSet();
        foreach (var commit in target.Commits)
        {
            // Ids can be intended more than once: the same merge asked for again is the same commit.
            foreach (var move in view.MovesByCommit[commit.Id].Where(move => move.Landing is not null).TakeLast(1))
            {
                var settled = landed.Contains((move.Bead, commit.Id));
                if (!settled && !unsettled.Contains(move.Landing.GetValueOrDefault()))
                {
                    yield return new AuditFinding(
                        move.Bead,
                        $"{commit.Id} is on {target.Branch}, and {move.Bead} is not recorded as landed by it",
                        $"it was intended in entry {move.Sequence}");
                }

                if (!commit.Beads.SequenceEqual([move.Bead.GetValueOrDefault().Value]))
                {
                    yield return new AuditFinding(
                        move.Bead, $"{commit.Id} landed {move.Bead} and does not name it",
                        $"it names {(commit.Beads.Count == 0 ? "nothing" : string.Join(", ", commit.Beads))}");
                }
            }
        }
    }

    static IEnumerable<AuditFinding> Own(AuditView view)
    {
        // What was settled by a configured rule was said before it landed, and was tested as what it is.
        var resolved = view.Of<JournalEvent.ConflictResolved>()
            .Select(happened => (happened.Event.Candidate, happened.Event.File)).ToHashSet();
        return
            from commit in Target(view).Commits
            let deviations = commit.Deviations.Where(path => !resolved.Contains((commit.Id, path))).ToArray()
            where deviations.Length > 0
            select new AuditFinding(
                view.MovesByCommit[commit.Id].FirstOrDefault()?.Bead,
                $"{commit.Id} is not the merge of its parents in "
                    + string.Join(", ", deviations.Take(PathsShownMax)),
                $"{deviations.Length} paths");
    }

    static IEnumerable<AuditFinding> Change(AuditView view)
    {
        var queued = view.Of<JournalEvent.LandingQueued>()
            .GroupBy(happened => happened.Event.Landing)
            .ToDictionary(group => group.Key, group => group.Last().Event.HeadCommit);
        var proposed = view.Of<JournalEvent.LandingProposed>()
            .ToLookup(happened => happened.Event.Landing, happened => happened.Event.Head);
        foreach (var commit in Target(view).Commits)
        {
            if (commit.Brought is not { } work
                || view.MovesByCommit[commit.Id].LastOrDefault() is not { Landing: { } landing } move)
            {
                continue;
            }

            if (queued.GetValueOrDefault(landing) is { } head && head != work.Head
                && !proposed[landing].Contains(work.Head))
            {
                yield return new AuditFinding(
                    move.Bead, $"{commit.Id} brought {work.Head}", $"{move.Bead} was queued with {head}");
            }

            var foreign = commit.Changes.Select(change => change.Path).Except(work.Paths).ToArray();
            if (foreign.Length > 0)
            {
                yield return new AuditFinding(
                    move.Bead,
                    $"{commit.Id} changes what no commit of {move.Bead} changed: "
                        + string.Join(", ", foreign.Take(PathsShownMax)),
                    $"{foreign.Length} paths");
            }
        }
    }

    static IEnumerable<AuditFinding> Batch(AuditView view)
    {
        var batches = view.Of<JournalEvent.LandingIntended>().Where(happened => happened.Event.BatchCommit is not null)
            .ToLookup(happened => happened.Event.BatchCommit);
        foreach (var commit in Target(view).Commits.Where(commit => batches.Contains(commit.Id)))
        {
            // Intended again after a crash, they are the same ones in the same order.
            var landings = batches[commit.Id].GroupBy(happened => happened.Event.Landing)
                .Select(group => group.Last().Event).ToArray();
            var onto = landings[0].BatchBase;
            if (commit.FirstParent != onto)
            {
                yield return new AuditFinding(
                    null, $"{commit.Id} lies on {commit.FirstParent}", $"its landings were merged onto {onto}");
            }

            foreach (var landing in landings)
            {
                if (landing.Base != onto)
                {
                    yield return new AuditFinding(
                        null, $"{commit.Id} takes in {landing.Candidate}, which was made upon {landing.Base}",
                        $"before it came {onto}");
                }

                onto = landing.Candidate;
            }

            if (commit.Tree != landings[^1].Tree)
            {
                yield return new AuditFinding(
                    null, $"{commit.Id} has tree {commit.Tree}", $"the last of its landings has {landings[^1].Tree}");
            }
        }
    }

    const int PathsShownMax = 5;

    static IEnumerable<AuditFinding> Content(AuditView view)
    {
        var target = Target(view);
        var landed = LandedCommits(view);

        // What broke the target was taken up again to be mended, and may be mended by taking it back.
        landed.ExceptWith(view.Of<JournalEvent.LandingBroke>().Select(broke => broke.Event.Commit));
        for (var i = 0; i < target.Commits.Count; i++)
        {
            var commit = target.Commits[i];
            if (landed.Contains(commit.Id) && IsUndone(target, commit)
                && target.Commits.Skip(i + 1).FirstOrDefault(later => PutsBack(later, commit)) is { } culprit)
            {
                var by = view.MovesByCommit[culprit.Id].FirstOrDefault()?.Bead;
                yield return new AuditFinding(
                    view.MovesByCommit[commit.Id].FirstOrDefault()?.Bead,
                    $"what {commit.Id} brought was put back as it was before by {culprit.Id}",
                    by is { } bead ? $"that landed {bead}" : "that was not the swarm");
            }
        }
    }

    /// <summary>Every file that it changed is at the tip as it was before.</summary>
    static bool IsUndone(AuditedTarget target, TargetCommit commit) =>
        commit.Changes.Count > 0
        && commit.Changes.All(change => target.Files.GetValueOrDefault(change.Path) == change.Old);

    /// <summary>One commit that takes all of another back, and does not merely move it.</summary>
    static bool PutsBack(TargetCommit later, TargetCommit commit)
    {
        var changes = later.Changes.ToDictionary(change => change.Path);
        return commit.Changes.All(
            change => changes.TryGetValue(change.Path, out var back) && back.New == change.Old && !back.Moved);
    }

    static HashSet<string> LandedCommits(AuditView view) =>
        [.. view.Of<JournalEvent.BeadLanded>().Select(landed => landed.Event.Commit)];

    static AuditedTarget Target(AuditView view) =>
        view.Input.Target ?? throw new InvalidOperationException("a rule about the target was asked without it");
}
