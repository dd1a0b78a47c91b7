using Beadswarm.Beads;

namespace Beadswarm.Simulation.Worlds;

/// <summary>What one orchestrator does with the tracker's file.</summary>
sealed class SimulatedTracker(SimulatedOrchestrator owner, SimulatedWorld world) : IBeadTracker
{
    public TrackerDialect Dialect => owner.Clone.Backlog.Dialect;

    public TrackerOrder Order => OrderRules.Newest(Dialect);

    public IReadOnlyList<string> ListedStatuses { get; } = [BeadStatus.Open];

    public async Task<Backlog> ReadAsync(CancellationToken cancellationToken)
    {
        await owner.StepAsync(Seam.Tracker, "read", cancellationToken);
        Refuse();
        return owner.Clone.Backlog.Read();
    }

    public async Task<IReadOnlyList<BeadId>> ApplyAsync(
        IReadOnlyList<BeadChange> changes, CancellationToken cancellationToken)
    {
        await owner.StepAsync(Seam.Tracker, "apply", cancellationToken);
        Refuse();
        if (owner.Clone.Disk.IsFull)
        {
            throw Full();
        }

        if (world.Options.Checked)
        {
            world.Witness.Telling(owner, changes);
        }

        var missing = owner.Clone.Backlog.Apply(changes, owner.Node.Clock.GetUtcNow());
        world.Witness.Told(changes);
        await owner.StepAsync(Seam.Tracker, "applied", CancellationToken.None);
        return owner.Strikes(FaultKind.TrackerAnswerLost)
            ? throw new TrackerException("cannot write the backlog: input/output error", SimulatedBacklog.Path)
            : missing;
    }

    public async Task MergeAsync(TrackerCopy copy, CancellationToken cancellationToken)
    {
        await owner.StepAsync(Seam.Tracker, "merge", cancellationToken);
        Refuse();
        if (owner.Clone.Disk.IsFull)
        {
            throw Full();
        }

        owner.Clone.Backlog.Merge(copy);
        await owner.StepAsync(Seam.Tracker, "merged", CancellationToken.None);
    }

    static TrackerException Full() =>
        new("cannot write the backlog: no space left on device", SimulatedBacklog.Path);

    public async Task<TrackerContent?> ReadFileAsync(string repository, CancellationToken cancellationToken)
    {
        await owner.StepAsync(Seam.Tracker, "read file", cancellationToken);
        return new TrackerContent(SimulatedBacklog.Path, owner.Clone.Backlog.Bytes);
    }

    public string ChangeStamp() => owner.Clone.Backlog.Stamp + (owner.Clone.Backlog.Away is null ? "" : "+");

    void Refuse()
    {
        if (owner.Clone.Backlog.Away is { } reason)
        {
            throw new TrackerException(reason, SimulatedBacklog.Path);
        }
    }
}
