using Beadswarm.Beads;
using Beadswarm.Git;
using Beadswarm.Journal;
using Beadswarm.Storage;
using Beadswarm.Swarms;
using Beadswarm.Workspaces;

namespace Beadswarm.Auditing;

/// <summary>What a repository is audited with.</summary>
/// <param name="Target">Where the journal does not say: what the configuration says now.</param>
/// <param name="Actor">How agents are written into the tracker.</param>
/// <param name="Earlier">What an earlier audit printed.</param>
sealed record AuditScope(
    string Repository, IReadOnlyDictionary<string, string> Environment, TimeProvider Time, string Target,
    string? Remote, TrackerDialect? Dialect, string Actor, JournalSeal? Earlier)
{
    public SwarmPaths Paths => new(Repository);

    /// <summary>Where its swarm keeps its state.</summary>
    public StorePlace Place { get => field ?? new StorePlace.InFile(Paths.Store); init; }
}

/// <summary>
/// Audits the swarm of a repository: finished, stopped, interrupted or at work. Nothing is written, and nobody is kept
/// from anything meanwhile.
/// </summary>
static class RepositoryAudit
{
    /// <summary>How often everything is looked at again because a swarm was started meanwhile.</summary>
    const int RoundsMax = 5;

    /// <returns>The input and what the rules say of it; null where no swarm ever was.</returns>
    public static async Task<(AuditInput Input, AuditReport Report)?> RunAsync(
        AuditScope scope, CancellationToken cancellationToken)
    {
        for (var round = 1; ; round++)
        {
            if (await LookAsync(scope, cancellationToken) is not { } input)
            {
                return null;
            }

            if (input.Alive || round == RoundsMax || await IsStillAsync(scope, input, cancellationToken))
            {
                return (input, AuditRules.Examine(input));
            }
        }
    }

    /// <summary>
    /// Looks in the order in which things come about: the tracker is told of what the store holds, and the store tells
    /// of what the target has.
    /// </summary>
    static async Task<AuditInput?> LookAsync(AuditScope scope, CancellationToken cancellationToken)
    {
        var alive = SwarmLock.IsHeld(scope.Paths);
        var unseen = new Dictionary<AuditNeeds, string>();
        var tracker = await TrackerAsync(scope, unseen, cancellationToken);
        AuditedStore? store;
        IReadOnlyList<AgentSnapshot> agents;
        await using (var still = await scope.Place.OpenStillAsync(scope.Time, cancellationToken))
        {
            if (still is null)
            {
                return null;
            }

            store = await AuditReading.ReadAsync(still, cancellationToken);
            agents = (await still.ReadStatusAsync(cancellationToken)).Agents;
        }

        if (store is null)
        {
            return null;
        }

        var runner = new GitRunner(GitSettings.From(scope.Environment, scope.Time));
        var user = await UserRepository.OpenAsync(runner, scope.Repository, cancellationToken);
        return new AuditInput
        {
            Alive = alive,
            Store = store,
            Tracker = tracker,
            Target = await TargetAsync(scope, user, runner, store, unseen, cancellationToken),
            Surroundings = alive ? null : await SurroundingsReading.ReadAsync(
                user, runner, store.Beads, agents.Select(agent => agent.Agent), store.Open, cancellationToken),
            Earlier = scope.Earlier,
            Unseen = unseen,
        };
    }

    /// <summary>Nothing was started while it was looked at.</summary>
    static async Task<bool> IsStillAsync(AuditScope scope, AuditInput input, CancellationToken cancellationToken)
    {
        await using var store = await scope.Place.OpenReadOnlyAsync(scope.Time, cancellationToken);
        var seen = input.Store.Journal is [.., var last] ? last.Sequence : 0;
        return (store is null || (await store.ReadJournalAsync(seen, null, 1, cancellationToken)).Count == 0)
            && !SwarmLock.IsHeld(scope.Paths);
    }

    static async Task<AuditedTracker?> TrackerAsync(
        AuditScope scope, Dictionary<AuditNeeds, string> unseen, CancellationToken cancellationToken)
    {
        try
        {
            var tracker = new JsonlTracker(TrackerLocation.Find(scope.Repository, scope.Dialect), scope.Time);
            var backlog = await tracker.ReadAsync(cancellationToken);
            return new AuditedTracker(scope.Actor, backlog.Beads.ToDictionary(bead => bead.Id));
        }
        catch (TrackerException broken)
        {
            unseen[AuditNeeds.Tracker] = broken.Message;
            return null;
        }
    }

    static async Task<AuditedTarget?> TargetAsync(
        AuditScope scope, UserRepository user, GitRunner runner, AuditedStore store,
        Dictionary<AuditNeeds, string> unseen, CancellationToken cancellationToken)
    {
        // The configuration may have been changed since: the journal says what the swarm was started with.
        var told = store.Journal.Select(entry => entry.Event).OfType<JournalEvent.SwarmStarted>()
            .LastOrDefault(started => started.Branch is not null);
        try
        {
            using var reading = await TargetReading.OpenAsync(user, runner, cancellationToken);
            return await reading.ReadAsync(
                new BranchName(told?.Branch ?? scope.Target), told is null ? scope.Remote : told.Remote, store,
                cancellationToken);
        }
        catch (GitException unreachable)
        {
            unseen[AuditNeeds.Target] = unreachable.Message;
            return null;
        }
    }
}
