using Beadswarm.Git;
using Beadswarm.Journal;
using Beadswarm.Landing;
using Beadswarm.Landing.Queueing;

namespace Beadswarm.Swarms;

/// <summary>
/// Carries out what the queue's rules decide (<see cref="QueuePlanner"/>): tries merges in memory, runs tests side by
/// side, and says what is to land or to be returned. Keeps nothing that a restart would miss: merges come out the same,
/// verdicts are on record by tree.
/// </summary>
sealed class MergeQueue(LanderParts parts, ILandingRepository where)
{
    readonly Dictionary<(CommitId Onto, LandingId Landing), MergeOutcome> _merges = [];
    readonly MergesUnderWay _resolving = new(parts.Bell);
    readonly CandidateTests _tests = new(parts.Gates, parts.Config.Landing.Gates, where, parts.Bell, parts.Time);

    readonly QueueSettings _settings = new(
        parts.Config.Landing.Tests, 2 * parts.Config.Landing.Tests, parts.Config.Landing.BatchMax,
        parts.Config.Landing.Reruns, CandidateTest.TestsMax);
    QueueState _state = QueueState.Empty;
    QueueView? _view;

    // Written by the lander, read by whoever asks the swarm.
    volatile IReadOnlyList<LinePosition> _positions = [];

    /// <summary>Where each landing that waits stood after the last decision, from the head on.</summary>
    public IReadOnlyList<LinePosition> Positions => _positions;

    public bool TestsUnderWay => _tests.Running.Count > 0;

    /// <summary>What a test that did not pass said.</summary>
    public GatesOutcome LastOf(TreeId tree) => _tests.Last(tree);

    /// <summary>What merging onto a commit came to, when it was tried for a decision.</summary>
    public MergeOutcome MergeOf(CommitId onto, LandingId landing) => _merges[(onto, landing)];

    /// <summary>Before it lands: which conflicts of its members were settled as the configuration says.</summary>
    public async Task TellResolvedAsync(
        Candidate candidate, IReadOnlyDictionary<LandingId, LandingEntry> entries, CancellationToken stop)
    {
        var onto = candidate.Base;
        foreach (var member in candidate.Members)
        {
            var (entry, merge) = (entries[member.Landing], _merges.GetValueOrDefault((onto, member.Landing)));
            foreach (var file in merge is MergeOutcome.Clean clean ? clean.Resolved : [])
            {
                await parts.Store.AppendAsync(
                    entry.Bead, entry.Agent,
                    new JournalEvent.ConflictResolved(entry.Id.Value, member.Commit.Value, file.Path, file.By), stop);
            }

            onto = member.Commit;
        }
    }

    /// <summary>
    /// Decides, and carries out what only concerns tests and merges, until there is something else to do or nothing.
    /// </summary>
    /// <param name="waiting">In the order in which they are to land.</param>
    /// <param name="drain">No further test is begun; those under way may still decide something.</param>
    /// <returns>What the target or a bead has to do with; null when only tests can change anything.</returns>
    public async Task<QueueAction?> DecideAsync(
        CommitId tip, IReadOnlyList<LandingEntry> waiting, bool drain, CancellationToken stop)
    {
        var entries = waiting.ToDictionary(entry => entry.Id);
        Forget(entries);
        while (true)
        {
            var running = _tests.Running;
            _view = new QueueView(
                tip, [.. waiting.Select(entry => entry.Id)],
                waiting.Where(entry => entry.Wish is LandingWish.First).Select(entry => entry.Id).ToHashSet(), running,
                Merged, _tests.Known)
            {
                Conflict = parts.Foreseen.Between(waiting),
            };
            var settings = drain ? _settings with { Slots = running.Count } : _settings;
            var plan = QueuePlanner.Plan(_state, _view, settings);
            _state = plan.State;
            var merged = false;
            foreach (var action in plan.Actions)
            {
                switch (action)
                {
                    case QueueAction.Merge merge:
                        await BeginAsync(merge, entries[merge.Landing], stop);
                        merged = true;
                        break;
                    case QueueAction.Cancel cancel:
                        _tests.Cancel(cancel.Tree);
                        break;
                    case QueueAction.Test test:
                        _tests.Start(test.Candidate, entries[test.Candidate.Members[^1].Landing].Bead, stop);
                        break;
                    case QueueAction.Land land when await OvertakenAsync(land.Candidate, stop):
                        merged = true;
                        break;
                    default:
                        Tell(waiting);
                        return action;
                }
            }

            if (!merged)
            {
                Tell(waiting);
                return null;
            }
        }
    }

    /// <summary>Nothing is begun and nothing lands; tests that are under way come to their end.</summary>
    public void StandStill(IReadOnlyList<LandingEntry> waiting) => Tell(waiting);

    /// <summary>Takes in what has ended, before anything is decided.</summary>
    public async Task TakeInAsync()
    {
        await _tests.TakeInAsync();
        await _resolving.TakeInAsync((onto, landing, outcome) => _merges[(onto, landing)] = outcome);
    }

    /// <summary>A tree without a verdict is tried again.</summary>
    public void TryAgain(TreeId tree) => _tests.TryAgain(tree);

    /// <summary>Ends all tests, and whatever settles conflicts.</summary>
    public async Task EndAsync()
    {
        await _tests.EndAsync();
        await _resolving.EndAsync();
    }

    /// <summary>
    /// A gate that counts compares with what landed last: what was tested beside that may be too much by now.
    /// </summary>
    async Task<bool> OvertakenAsync(Candidate candidate, CancellationToken stop)
    {
        var now = await parts.Gates.OvertakenAsync(
            parts.Config.Landing.Gates, candidate.Commit.Value, candidate.Tree.Value, stop);
        if (now is not null)
        {
            _tests.Overtake(candidate.Tree, now);
        }

        return now is not null;
    }

    void Tell(IReadOnlyList<LandingEntry> waiting)
    {
        if (_view is not null)
        {
            _view = _view with { Waiting = [.. waiting.Select(entry => entry.Id)], Running = _tests.Running };
            _positions = LineRules.Positions(_state, _view, _tests.Since);
        }
    }

    async Task BeginAsync(QueueAction.Merge merge, LandingEntry entry, CancellationToken stop)
    {
        switch (await _resolving.BeginAsync(
            merge.Onto, merge.Landing, token => where.BeginMergeAsync(Request(merge.Onto, entry), token), stop))
        {
            case MergeOutcome outcome:
                _merges[(merge.Onto, merge.Landing)] = outcome;
                break;
            case null:
                // Under way: whoever settles it rings.
                break;
        }
    }

    MergeResult? Merged(CommitId onto, LandingId landing) => _merges.GetValueOrDefault((onto, landing)) switch
    {
        MergeOutcome.Clean clean => new MergeResult.Clean(clean.Candidate, clean.Tree),
        MergeOutcome.Conflict => new MergeResult.Conflict(),
        MergeOutcome.Empty => new MergeResult.Empty(),
        _ when _resolving.IsUnderWay(onto, landing) => new MergeResult.UnderWay(),
        _ => null, // not tried
    };

    void Forget(Dictionary<LandingId, LandingEntry> waiting)
    {
        foreach (var gone in _merges.Keys.Where(merge => !waiting.ContainsKey(merge.Landing)).ToArray())
        {
            _merges.Remove(gone);
        }

        _resolving.Forget(waiting.ContainsKey);
    }

    MergeRequest Request(CommitId onto, LandingEntry entry) => new(
        onto, CommitId.Parse(entry.ProposedCommit), MessageOf(entry), entry.QueuedAt,
        parts.Config.Landing.Squash ? MergeStyle.Squash : MergeStyle.MergeCommit);

    /// <summary>What the commit that lands a bead says.</summary>
    public static LandingMessage MessageOf(LandingEntry entry) => new(
        $"{entry.Bead}: {entry.Title}", "",
        [
            (LandingMessage.BeadTrailer, entry.Bead.Value),
            ("Attempt", entry.Attempt.ToString(System.Globalization.CultureInfo.InvariantCulture)),
            (LandingMessage.AgentTrailer, entry.Agent.ToString()),
        ]);
}
