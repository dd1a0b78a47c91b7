using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Configuration;
using Beadswarm.Git;
using Beadswarm.Journal;
using Beadswarm.Simulation.Git;
using Beadswarm.Simulation.Worlds;

namespace Beadswarm.Simulation.Checking;

/// <summary>What is checked after every step: as much as changed in it.</summary>
sealed class StepInvariants
{
    /// <summary>The whole journal is folded and compared with the tables once in so many entries.</summary>
    const int FoldEvery = 100;

    /// <summary>So often somebody else may get ahead of one landing, or a push may fail.</summary>
    const int VoidsMax = 200;

    readonly SimulatedWorld _world;
    readonly ClaimWatch _claims = new();
    readonly CounterWatch _counters;
    readonly Dictionary<long, int> _voids = [];
    readonly HashSet<string> _intended = new(StringComparer.Ordinal);
    readonly Dictionary<(BeadId Bead, string Change), int> _confirmed = [];
    string? _node;
    JournalEntry? _last;
    int _seen;
    int _foldedAt;

    public StepInvariants(SimulatedWorld world)
    {
        _world = world;
        _counters = new CounterWatch(world);
        Writes = new WriteWatch(world, _claims);
        Target = new BranchWatch(world, world.Target);
        LandsOn = world.Plan.Config.Landing is { Mode: LandingMode.Integration, IntegrationBranch: var branch }
            ? new BranchWatch(world, new BranchName(branch))
            : Target;
    }

    /// <summary>Where beads land first.</summary>
    public BranchWatch LandsOn { get; }

    public BranchWatch Target { get; }

    public WriteWatch Writes { get; }

    public void Check()
    {
        var journal = _world.Database.Journal;
        CheckGrows();
        var changed = journal.Count != _seen;
        while (_seen < journal.Count)
        {
            _last = journal.Find(++_seen)!;
            See(_last);
        }

        LandsOn.Check(_intended);
        Target.Check(_intended);
        if (changed)
        {
            _counters.Check();
            if (_seen - _foldedAt >= FoldEvery)
            {
                CheckFold();
            }
        }
    }

    /// <summary>The state is the fold of the journal.</summary>
    public void CheckFold()
    {
        var journal = Enumerable.Range(1, _world.Database.Journal.Count)
            .Select(number => _world.Database.Journal.Find(number)!);
        var work = _world.Database.Beads.Rows.Select(row => row.Work).ToArray();
        if (JournalFold.Differences(JournalFold.Fold(journal), work) is [var difference, ..])
        {
            throw new ViolationException(Invariant.JournalIsComplete, difference);
        }

        _foldedAt = _seen;
    }

    void CheckGrows()
    {
        if (_last is not null && _world.Database.Journal.Find(_seen) != _last)
        {
            throw new ViolationException(
                Invariant.JournalGrows,
                $"entry {_last.Sequence} is not there any more: {StoredEvent.Write(_last.Event)} of {_last.Bead}");
        }
    }

    void See(JournalEntry entry)
    {
        _claims.See(entry);
        Writes.See(entry);
        switch (entry.Event)
        {
            case JournalEvent.TrackerTold told:
                CheckTold(entry.Bead!.Value, told.Change);
                break;
            case JournalEvent.SwarmStarted started:
                SeeStart(started);
                break;
            case JournalEvent.BeadRevived { By: "tracker" } when !_world.Witness.WasAskedAgain(entry.Bead!.Value):
                throw new ViolationException(
                    Invariant.AskedAgain, $"{entry.Bead} begins again, and nobody has touched it in the tracker");
            case JournalEvent.LandingIntended intended:
                _intended.Add(intended.Candidate);
                _intended.Add(intended.BatchCommit ?? intended.Candidate);
                break;
            case JournalEvent.LandingVoided voided:
                CheckVoids(entry.Bead, voided.Landing);
                break;
            case JournalEvent.BeadClaimed:
                CheckReady(entry.Bead!.Value);
                break;
            case JournalEvent.StageEnded { HeadCommit: { } head } when _world.HasNodes:
                CheckShared(entry, head);
                break;
            case JournalEvent.BeadLanded landed:
                CheckLanded(entry.Bead!.Value, landed);
                break;
        }
    }

    /// <summary>
    /// Of a bead that it blocked, a swarm tells the tracker of its holder, and that the target. A new swarm that begins
    /// in another clone before the target was told finds the bead open there, and takes that for a person's word.
    /// </summary>
    void SeeStart(JournalEvent.SwarmStarted started)
    {
        if (!started.Continued && _node is not null && _node != started.Node)
        {
            foreach (var row in _world.Database.Beads.Rows.Where(
                row => row.Work.State is BeadState.Blocked or BeadState.Left))
            {
                _world.Witness.AskedAgain(row.Id);
            }
        }

        _node = started.Node;
    }

    void CheckTold(BeadId bead, string change)
    {
        var times = _confirmed[(bead, change)] = _confirmed.GetValueOrDefault((bead, change)) + 1;
        if (_world.Witness.TimesTold(bead, change) < times)
        {
            throw new ViolationException(
                Invariant.ToldWhenDone,
                $"{bead}: \"{change}\" counts as told {times} times, the tracker took it over "
                + $"{_world.Witness.TimesTold(bead, change)} times");
        }
    }

    void CheckVoids(BeadId? bead, long landing)
    {
        if ((_voids[landing] = _voids.GetValueOrDefault(landing) + 1) > VoidsMax)
        {
            throw new ViolationException(Invariant.Bounded, $"{bead} is intended to land again and again");
        }
    }

    void CheckReady(BeadId bead)
    {
        var rows = _world.Database.Beads;
        if (!rows.Get(bead).Work.Ready)
        {
            throw new ViolationException(Invariant.ReadyOnly, $"{bead} was claimed and is not ready");
        }

        if (_world.Database.Swarms.Last?.Record.Limit is { } limit
            && rows.Rows.Count(row => row.Work.Begun) is var begun && begun > limit)
        {
            throw new ViolationException(Invariant.ReadyOnly, $"{begun} beads were begun, the limit is {limit}");
        }
    }

    /// <summary>Where other nodes live, one of them may be the next to work on it.</summary>
    void CheckShared(JournalEntry entry, string head)
    {
        var known = entry.At - (2 * _world.Plan.Config.Limits.Lease);
        var others = _world.Database.Nodes.Rows.Select(row => row.Node).Where(node => node.Lives(entry.At)
            && node.JoinedAt < known && !node.Agents.Contains(entry.Agent!.Value));
        var commit = _world.Commits[CommitId.Parse(head)];
        if (others.Any() && !_world.Remote!.Refs.All.Any(one =>
            CommitId.TryParse(one.Value, out var id) && HistoryRules.IsAncestor(commit, _world.Commits[id])))
        {
            throw new ViolationException(
                Invariant.Shared, $"{entry.Bead} is at {commit}, which is in the clone of agent {entry.Agent} alone");
        }
    }

    void CheckLanded(BeadId bead, JournalEvent.BeadLanded landed)
    {
        if (!_world.Witness.IsOnTarget(bead))
        {
            throw new ViolationException(
                Invariant.LandedBeforeDone,
                $"{bead} is completed by {landed.Commit}, and what it brings was never on the target");
        }
    }
}

/// <summary>Follows who holds what by the journal: a claim ends before the next one begins, and tokens grow.</summary>
sealed class ClaimWatch
{
    readonly Dictionary<BeadId, long> _tokens = [];
    readonly Dictionary<BeadId, (AgentNumber? Agent, long Token)> _holders = [];

    public void See(JournalEntry entry)
    {
        if (entry.Bead is not { } bead)
        {
            return;
        }

        switch (entry.Event)
        {
            case JournalEvent.BeadClaimed claimed:
                if (_holders.TryGetValue(bead, out var holder))
                {
                    throw new ViolationException(
                        Invariant.OneHolder,
                        $"{bead} was granted to agent {entry.Agent} while agent {holder.Agent} held it by "
                        + $"{holder.Token}");
                }

                Grant(bead, entry.Agent, claimed.Token);
                break;
            case JournalEvent.BeadAdopted adopted:
                Grant(bead, entry.Agent, adopted.Token);
                break;
            case JournalEvent.LeaseExpired expired:
                if (expired.ExpiredAt > entry.At)
                {
                    throw new ViolationException(
                        Invariant.LeaseByStore,
                        $"the lease of {bead} until {expired.ExpiredAt:O} was taken for expired at {entry.At:O}");
                }

                _holders.Remove(bead);
                break;
            case JournalEvent.BeadReleased or JournalEvent.StageEnded { Next: not "keep" }:
                _holders.Remove(bead);
                break;
        }
    }

    /// <summary>Whether it is by this claim that its bead is held, as far as the journal was seen.</summary>
    public bool IsCurrent(ClaimKey claim) =>
        _holders.TryGetValue(claim.Bead, out var holder) && holder == (claim.Agent, claim.Token.Value);

    public string HolderOf(BeadId bead) => _holders.TryGetValue(bead, out var holder)
        ? $"agent {holder.Agent} with token {holder.Token}" : "nobody";

    void Grant(BeadId bead, AgentNumber? agent, long token)
    {
        if (_tokens.TryGetValue(bead, out var last) && token <= last)
        {
            throw new ViolationException(Invariant.TokensGrow, $"{bead} was granted by {token} after {last}");
        }

        _tokens[bead] = token;
        _holders[bead] = (agent, token);
    }
}

/// <summary>Compares what is counted of each bead with what it was.</summary>
sealed class CounterWatch(SimulatedWorld world)
{
    readonly Dictionary<BeadId, BeadWork> _before = [];

    public void Check()
    {
        foreach (var row in world.Database.Beads.Rows)
        {
            var work = row.Work;
            if (_before.TryGetValue(work.Id, out var before))
            {
                if (ReferenceEquals(before, work))
                {
                    continue;
                }

                Compare(before, work);
            }

            _before[work.Id] = work;
        }
    }

    void Compare(BeadWork before, BeadWork work)
    {
        if (work.Attempt < before.Attempt || work.AttemptsAllowed < before.AttemptsAllowed)
        {
            throw new ViolationException(
                Invariant.CountersGrow,
                $"{work.Id} is at attempt {work.Attempt} of {work.AttemptsAllowed} after {before.Attempt} of "
                + $"{before.AttemptsAllowed}");
        }

        if (work.InfrastructureFailures < before.InfrastructureFailures && !world.Witness.WasAskedAgain(work.Id))
        {
            throw new ViolationException(
                Invariant.CountersGrow,
                $"{work.Id} has {work.InfrastructureFailures} infrastructure failures after "
                + $"{before.InfrastructureFailures}");
        }

        if (work.Attempt > work.AttemptsAllowed)
        {
            throw new ViolationException(
                Invariant.Bounded, $"{work.Id} is at attempt {work.Attempt} of {work.AttemptsAllowed}");
        }
    }
}
