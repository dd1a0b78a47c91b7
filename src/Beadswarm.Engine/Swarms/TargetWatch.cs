using Beadswarm.Gates;
using Beadswarm.Git;
using Beadswarm.Journal;
using Beadswarm.Landing;

namespace Beadswarm.Swarms;

/// <summary>
/// Runs the gates of the whole on the target from time to time, when its tip is another one. What fails twice on the
/// same tree is traced to the commit since which it fails: a landing of the swarm is taken up again with the evidence,
/// anybody else's commit is named. Verdicts are on record by tree, so the process may die at any instant.
/// </summary>
/// <param name="names">The gates of the whole.</param>
sealed class TargetWatch(SwarmParts parts, ILandingRepository target, IReadOnlyList<string> names, TimeSpan interval)
{
    /// <summary>A landing workspace that no test of the queue ever has: they are fewer.</summary>
    const int Slot = 64;

    /// <summary>So many verdicts are recalled at a start; older ones are of trees that are looked at no more.</summary>
    const int RecalledMax = 500;

    readonly Dictionary<(string Tree, string Suite), JournalEvent.TargetTested> _known = [];
    JournalEvent.TargetJudged? _last;
    string? _reported;

    // Written by the watch, read by whoever asks the swarm.
    volatile TargetHealth? _health;

    /// <summary>What was said last; null: nothing so far.</summary>
    public TargetHealth? Health => _health;

    public async Task RunAsync(CancellationToken stop)
    {
        await RecallAsync(stop);
        await Watching.RunAsync(LookAsync, interval, parts.Time, stop);
    }

    async Task RecallAsync(CancellationToken stop)
    {
        var judged = await parts.Store.ReadLatestAsync<JournalEvent.TargetJudged>(1, stop);
        _last = judged is [{ Event: JournalEvent.TargetJudged last }, ..] ? last : null;
        _health = TargetHealth.Of(judged);
        _known.Clear();
        foreach (var entry in await parts.Store.ReadLatestAsync<JournalEvent.TargetTested>(RecalledMax, stop))
        {
            // The newest first: an older one of the same tree says nothing any more.
            if (entry.Event is JournalEvent.TargetTested tested)
            {
                _known.TryAdd((tested.Tree, tested.Suite), tested);
            }
        }
    }

    async Task LookAsync(CancellationToken stop)
    {
        var tip = await target.TipAsync(stop);
        var tree = await target.TreeAsync(tip, stop);
        var suite = parts.Gates.SuiteOf(names);
        if (_last is { } last && last.Suite == suite && last.Tree == tree.Value)
        {
            return;
        }

        var judged = await TestAsync(names, tip, stop) switch
        {
            TargetVerdict.Passed => new JournalEvent.TargetJudged(tip.Value, tree.Value, suite, tip.Value),
            TargetVerdict.Failed failed => await TraceAsync(
                new JournalEvent.TargetJudged(
                    tip.Value, tree.Value, suite, _last?.Green, failed.Gate, failed.Reason),
                failed, stop),
            TargetVerdict.Missing missing => await MissAsync(missing, stop),
        };
        if (judged is not null)
        {
            await parts.Store.AppendAsync(null, null, judged, stop);
            (_last, _reported) = (judged, null);
            _health = TargetHealth.Of(judged, parts.Time.GetUtcNow());
            parts.Bell.Ring();
        }
    }

    /// <summary>Nothing is known of the tip yet; the next look tries again.</summary>
    async Task<JournalEvent.TargetJudged?> MissAsync(TargetVerdict.Missing missing, CancellationToken stop)
    {
        if (_reported != missing.Reason)
        {
            _reported = missing.Reason;
            await parts.Store.AppendAsync(
                null, null, new JournalEvent.ComponentHeld("target", missing.Reason), stop);
            parts.Bell.Ring();
        }

        return null;
    }

    /// <summary>Finds the commit since which the gate fails, and takes up again what it landed.</summary>
    async Task<JournalEvent.TargetJudged> TraceAsync(
        JournalEvent.TargetJudged red, TargetVerdict.Failed failed, CancellationToken stop)
    {
        var (culprit, unknown) = await FindAsync(red, failed.Gate, stop);
        if (culprit is null)
        {
            return red with { Unknown = unknown };
        }

        var at = culprit.Id.Value;
        var landed = (await parts.Store.ReadLandingsAsync(null, stop))
            .Where(entry => entry.State is LandingState.Landed landing && landing.Commit == at).ToArray();
        foreach (var entry in landed)
        {
            await ReopenAsync(entry, culprit, failed.Gate, stop);
        }

        return red with
        {
            Culprit = at,
            Subject = culprit.Subject,
            Bead = landed.Length == 0 ? null : string.Join(", ", landed.Select(entry => entry.Bead).Distinct()),
        };
    }

    async Task<(HistoryCommit? Culprit, string? Unknown)> FindAsync(
        JournalEvent.TargetJudged red, string gate, CancellationToken stop)
    {
        if (red.Green is not { } green)
        {
            return (null, "it has not been seen green before");
        }

        var since = await target.HistoryAsync(CommitId.Parse(green), CommitId.Parse(red.Tip), stop);
        if (since is not [.., _])
        {
            return (null, $"its history was rewritten since {green}, where it was green");
        }

        // The gates may have been others then.
        if (await TestAsync([gate], CommitId.Parse(green), stop) is not TargetVerdict.Passed)
        {
            return (null, $"it does not pass at {green} either, where the gates of that time passed");
        }

        var passed = new bool?[since.Count];
        passed[^1] = false;
        while (true)
        {
            switch (BisectionRules.Next(passed))
            {
                case BisectionStep.Found found:
                    return (since[found.Index], null);
                case BisectionStep.Test { Index: var at }:
                    switch (await TestAsync([gate], since[at].Id, stop))
                    {
                        case TargetVerdict.Passed:
                            passed[at] = true;
                            break;
                        case TargetVerdict.Failed:
                            passed[at] = false;
                            break;
                        case TargetVerdict.Missing missing:
                            return (null, $"one of {since.Count} commits after {green}, and at {since[at].Id} "
                                + $"there is no verdict: {missing.Reason}");
                    }

                    break;
            }
        }
    }

    async Task ReopenAsync(LandingEntry entry, HistoryCommit culprit, string gate, CancellationToken stop)
    {
        var result = await parts.Gates.FindAsync(
            gate, (await target.TreeAsync(culprit.Id, stop)).Value, stop);
        var reason = $"landed as {culprit.Id}, since which gate {gate} fails on the target"
            + (result is null ? "" : $": {result.Reason}");
        var feedback = result is null
            ? AttemptFeedback.OfLost(entry, reason, parts.Config.Limits.FeedbackBytesMax)
            : AttemptFeedback.OfRedLanding(
                entry, reason, result, parts.Config.Gates[gate], parts.Config.Limits.FeedbackBytesMax);
        await Watching.ReopenAsync(
            parts, entry, culprit.Id, LandingFault.BreaksTarget, reason, feedback, stop);
    }

    /// <summary>What fails is run once more on the same tree. Each tree is tested once, also over restarts.</summary>
    async Task<TargetVerdict> TestAsync(IReadOnlyList<string> gates, CommitId commit, CancellationToken stop)
    {
        var tree = (await target.TreeAsync(commit, stop)).Value;
        var suite = parts.Gates.SuiteOf(gates);
        if (Recall(tree, suite, gates) is { } known)
        {
            return VerdictOf(known);
        }

        var outcome = await CheckAsync(again: false);
        if (outcome is GatesOutcome.Failed { Result: var first } && GateRules.IsWorthRerun(first))
        {
            outcome = await CheckAsync(again: true);
        }

        JournalEvent.TargetTested? tested = outcome switch
        {
            GatesOutcome.Passed => new(commit.Value, tree, suite),
            GatesOutcome.Failed { Result: var failed } => new(commit.Value, tree, suite, failed.Gate, failed.Reason),
            GatesOutcome.NoVerdict => null,
        };
        if (tested is null)
        {
            var result = ((GatesOutcome.NoVerdict)outcome).Result;
            return new TargetVerdict.Missing($"gate {result.Gate} gave no verdict on {commit}: {result.Reason}");
        }

        await parts.Store.AppendAsync(null, null, tested, stop);
        _known[(tree, suite)] = tested;
        return VerdictOf(tested);

        Task<GatesOutcome> CheckAsync(bool again) => parts.Gates.CheckAsync(
            gates, commit.Value, tree, bead: null, cancellation => target.CheckoutAsync(commit, Slot, cancellation),
            stop, again, behind: true);
    }

    /// <summary>What is known of a tree: by these gates, or by all of them where that says it too.</summary>
    JournalEvent.TargetTested? Recall(string tree, string suite, IReadOnlyList<string> gates) =>
        _known.GetValueOrDefault((tree, suite))
        ?? (_known.GetValueOrDefault((tree, parts.Gates.SuiteOf(names))) is { } whole
            && (whole.Gate is null || gates.Contains(whole.Gate)) ? whole : null);

    static TargetVerdict VerdictOf(JournalEvent.TargetTested tested) =>
        tested.Gate is { } gate ? new TargetVerdict.Failed(gate, tested.Reason ?? "") : new TargetVerdict.Passed();

    /// <summary>What the gates say about one commit of the target.</summary>
    abstract record TargetVerdict
    {
        TargetVerdict() { }

        public sealed record Passed : TargetVerdict;

        public sealed record Failed(string Gate, string Reason) : TargetVerdict;

        public sealed record Missing(string Reason) : TargetVerdict;
    }
}
