using Beadswarm.Git;
using Beadswarm.Landing;

namespace Beadswarm.Simulation.Git;

/// <summary>A push on its way to the remote.</summary>
/// <param name="Number">In the order they were sent, from 1.</param>
/// <param name="Moves">All of them, or none, each from where it is expected.</param>
/// <param name="Forced">Whatever is expected (a planted defect).</param>
sealed record SimulatedPush(long Number, IReadOnlyList<RefMove> Moves, bool Forced);

/// <summary>
/// The repository that pushes go to. A push is sent, then decided here in one step, then answered; each of these may
/// come late or never, and one whose sender is gone may still arrive.
/// </summary>
sealed class SimulatedRemote
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
    public CommitId? Ask(BranchName branch)
    {
        RefuseAway(branch.Ref);
        return Refs.Find(branch);
    }

    /// <summary>The refs below a folder of refs.</summary>
    /// <exception cref="GitException">It cannot be reached.</exception>
    public IReadOnlyList<(CommitId At, string Ref)> AskBelow(string folder)
    {
        RefuseAway(folder);
        return
        [
            .. Refs.All.Where(entry => entry.Key.StartsWith(folder, StringComparison.Ordinal))
                .Select(entry => (new CommitId(entry.Value), entry.Key)),
        ];
    }

    public SimulatedPush Send(IReadOnlyList<RefMove> moves, bool forced)
    {
        var push = new SimulatedPush(++_sent, moves, forced);
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

        var open = push.Moves.Where(move => Refs.Find(move.Ref) != move.To?.Value).ToArray();
        if (open.Any(move => Refs.IsLocked(move.Ref) || (!push.Forced && Refs.Find(move.Ref) != move.From?.Value)))
        {
            return new PushAnswer.Stale();
        }

        foreach (var move in open)
        {
            Refs.Set(move.Ref, move.To?.Value);
        }

        return new PushAnswer.Accepted();
    }

    void RefuseAway(string asked)
    {
        if (Away)
        {
            throw new GitException(
                ["ls-remote", asked], 128, "fatal: unable to access: Could not resolve host", Refs.Place, true);
        }
    }
}
