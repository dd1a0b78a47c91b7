using Beadswarm.Git;
using Beadswarm.Landing;

namespace Beadswarm.Simulation.Git;

/// <summary>A push on its way to the remote.</summary>
/// <param name="Number">In the order they were sent, from 1.</param>
/// <param name="Expected">Where the branch must be; null: it must not exist.</param>
/// <param name="Forced">Whatever is expected (a planted defect).</param>
sealed record SimulatedPush(long Number, BranchName Branch, CommitId? Expected, CommitId Candidate, bool Forced);

/// <summary>
/// The repository that pushes go to. A push is sent, then decided here in one step, then answered; each of these may
/// come late or never, and one whose sender is gone may still arrive.
/// </summary>
sealed class SimulatedRemote(SimulatedGit git)
{
    readonly SortedDictionary<long, SimulatedPush> _underWay = [];
    readonly SortedDictionary<long, PushAnswer> _answers = [];
    long _sent;

    public RefTable Refs { get; } = new("/simulated/remote.git");

    /// <summary>It cannot be reached: nothing is sent, and nobody is answered.</summary>
    public bool Away { get; set; }

    /// <summary>A protected branch, a hook: what every push of the swarm is told. Null: pushes are taken.</summary>
    public string? RefusesBecause { get; set; }

    /// <summary>Pushes that were sent and have not arrived.</summary>
    public IReadOnlyCollection<SimulatedPush> UnderWay => _underWay.Values;

    /// <exception cref="GitException">It cannot be reached.</exception>
    public CommitId? Ask(BranchName branch) => Away
        ? throw new GitException(
            ["ls-remote", branch.Ref], 128, "fatal: unable to access: Could not resolve host", git.Hub.Place, true)
        : Refs.Find(branch);

    public SimulatedPush Send(BranchName branch, CommitId? expected, CommitId candidate, bool forced)
    {
        var push = new SimulatedPush(++_sent, branch, expected, candidate, forced);
        _underWay.Add(push.Number, push);
        return push;
    }

    /// <summary>The push arrives and is decided; one that has arrived before is only answered again.</summary>
    /// <returns>What its sender is told, if the answer reaches it.</returns>
    public PushAnswer Deliver(SimulatedPush push)
    {
        if (_underWay.Remove(push.Number))
        {
            _answers.Add(push.Number, Decide(push));
        }

        return _answers.GetValueOrDefault(push.Number) ?? new PushAnswer.Lost();
    }

    /// <summary>The push gets lost on its way.</summary>
    public void Drop(SimulatedPush push) => _underWay.Remove(push.Number);

    PushAnswer Decide(SimulatedPush push)
    {
        if (RefusesBecause is { } reason)
        {
            return new PushAnswer.Refused($"[remote rejected] (pre-receive hook declined): {reason}");
        }

        var found = Refs.Find(push.Branch);
        if (found == push.Candidate)
        {
            return new PushAnswer.Accepted();
        }

        if (Refs.IsLocked(push.Branch.Ref) || (!push.Forced && found != push.Expected))
        {
            return new PushAnswer.Stale();
        }

        Refs.Set(push.Branch.Ref, push.Candidate.Value);
        return new PushAnswer.Accepted();
    }
}
