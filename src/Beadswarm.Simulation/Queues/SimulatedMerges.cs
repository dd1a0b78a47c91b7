using Beadswarm.Git;
using Beadswarm.Landing;
using Beadswarm.Landing.Queueing;

namespace Beadswarm.Simulation.Queues;

/// <summary>
/// Commits as nothing but what was merged upon what. The tree of a commit is named like it: the same changes in the
/// same order.
/// </summary>
sealed class SimulatedMerges
{
    /// <summary>How far back a change can matter to another: they are never further apart in the stream.</summary>
    const int LookBack = 400;

    public static readonly CommitId Root = new("0");

    readonly Dictionary<(CommitId Onto, LandingId Landing), MergeResult> _results = [];
    readonly Dictionary<CommitId, (CommitId Onto, LandingId Landing, bool Green)> _commits = new()
    {
        [Root] = (default, default, true),
    };

    public MergeResult? Find(CommitId onto, LandingId landing) => _results.GetValueOrDefault((onto, landing));

    public void Try(CommitId onto, LandingId landing, ChangeStream stream)
    {
        var held = Held(onto).Take(LookBack).ToArray();
        if (held.Any(other => stream.Conflict(landing.Value, other)))
        {
            _results[(onto, landing)] = new MergeResult.Conflict();
            return;
        }

        var commit = new CommitId(_commits.Count.ToString(System.Globalization.CultureInfo.InvariantCulture));
        var green = _commits[onto].Green && !stream[landing.Value].Bad
            && !held.Any(other => stream.BreakTogether(landing.Value, other));
        _commits[commit] = (onto, landing, green);
        _results[(onto, landing)] = new MergeResult.Clean(commit, new TreeId(commit.Value));
    }

    public bool IsGreen(CommitId commit) => _commits[commit].Green;

    public CommitId Onto(CommitId onto, LandingId landing) =>
        Find(onto, landing) is MergeResult.Clean clean ? clean.Commit : default;

    /// <summary>Whether the target was at a commit on its way to the tip.</summary>
    public bool WasTip(CommitId commit, CommitId tip)
    {
        for (var at = tip; at != default; at = _commits[at].Onto)
        {
            if (at == commit)
            {
                return true;
            }
        }

        return false;
    }

    IEnumerable<long> Held(CommitId commit)
    {
        for (var at = commit; at != Root; at = _commits[at].Onto)
        {
            yield return _commits[at].Landing.Value;
        }
    }
}
