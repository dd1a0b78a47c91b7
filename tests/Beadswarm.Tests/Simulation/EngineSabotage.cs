using Beadswarm.Agents;
using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Costs;
using Beadswarm.Gates;
using Beadswarm.Landing;
using Beadswarm.Processes;
using Beadswarm.Storage;
using Beadswarm.Swarms;
using Beadswarm.Workspaces;

namespace Beadswarm.Tests.Simulation;

/// <summary>
/// Engines with a defect, made of the sound one by standing between it and its surroundings: it does, or believes, what
/// one with that defect would.
/// </summary>
static class EngineSabotage
{
    /// <summary>The tracker is told that a bead is closed when its landing is intended.</summary>
    public static SwarmSurroundings ClosesBeforeLanding(SwarmSurroundings sound) =>
        OnStore(sound, nameof(IStore.IntendLandingsAsync), async (given, goOn) =>
        {
            var outcome = await (Task<WriteOutcome>)goOn()!;
            var queue = await sound.Store.ReadQueueAsync(CancellationToken.None);
            var landings = ((IReadOnlyList<IntendedLanding>)given[1]!).Select(landing => landing.Landing).ToArray();
            foreach (var entry in queue.Entries.Where(entry => landings.Contains(entry.Id)))
            {
                await sound.Tracker.ApplyAsync(
                    [new BeadChange.Close(entry.Bead, "landed")], CancellationToken.None);
            }

            return outcome;
        });

    /// <summary>A start takes the budget for untouched.</summary>
    public static SwarmSurroundings ForgetsWhatWasSpent(SwarmSurroundings sound) =>
        OnStore(sound, nameof(IStore.ReadCostsAsync), (_, _) =>
            Task.FromResult<IReadOnlyList<CostGroup>>([new CostGroup("", CostSum.None)]));

    /// <summary>The store refuses the intent of a landing, as another orchestrator has begun, and it lands.</summary>
    public static SwarmSurroundings LandsWithoutIntent(SwarmSurroundings sound) =>
        OnStore(sound, nameof(IStore.IntendLandingsAsync), async (_, goOn) =>
        {
            await (Task<WriteOutcome>)goOn()!;
            return WriteOutcome.Done;
        });

    /// <summary>What waits for the tracker is confirmed when it is read, and told afterwards.</summary>
    public static SwarmSurroundings ConfirmsBeforeTelling(SwarmSurroundings sound)
    {
        SwarmEpoch? epoch = null;
        return sound with
        {
            Store = Between<IStore>.Of(sound.Store, (name, given, goOn) =>
            {
                epoch = given.OfType<SwarmEpoch>().Select(one => (SwarmEpoch?)one).FirstOrDefault() ?? epoch;
                return name == nameof(IStore.ReadOutboxAsync) ? ReadAsync((Task<IReadOnlyList<OutboxEntry>>)goOn()!)
                    : goOn();
            }),
        };

        async Task<IReadOnlyList<OutboxEntry>> ReadAsync(Task<IReadOnlyList<OutboxEntry>> reading)
        {
            var entries = await reading;
            if (epoch is { } known && entries.Count > 0)
            {
                await sound.Store.ConfirmOutboxAsync(
                    known, [.. entries.Select(entry => entry.Id)], CancellationToken.None);
            }

            return entries;
        }
    }

    /// <summary>Of several changes the last one is not told.</summary>
    public static SwarmSurroundings ForgetsAChange(SwarmSurroundings sound) => sound with
    {
        Tracker = Between<IBeadTracker>.Of(sound.Tracker, (name, given, goOn) =>
        {
            if (name == nameof(IBeadTracker.ApplyAsync) && given[0] is IReadOnlyList<BeadChange> { Count: > 1 } changes)
            {
                given[0] = changes.SkipLast(1).ToArray();
            }

            return goOn();
        }),
    };

    /// <summary>What others did to the tracker's file counts as taken in and is not.</summary>
    public static SwarmSurroundings OverwritesOthersBeads(SwarmSurroundings sound) => sound with
    {
        Tracker = Between<IBeadTracker>.Of(
            sound.Tracker, (name, _, goOn) => name == nameof(IBeadTracker.MergeAsync) ? Task.CompletedTask : goOn()),
    };

    /// <summary>A gate that fails counts as passed.</summary>
    public static SwarmSurroundings TakesRedForGreen(SwarmSurroundings sound) => OnGates(
        sound, async (_, run) => await run() is var result && result.Status == GateStatus.Failed
            ? result with { Status = GateStatus.Passed, ExitCode = 0 }
            : result);

    /// <summary>Gates are not run: what an agent says of its work is enough.</summary>
    public static SwarmSurroundings BelievesAgents(SwarmSurroundings sound) => OnGates(
        sound, (run, _) => Task.FromResult(new GateResult(
            run.Spec.Name, sound.Gates.RecipeOf(run.Spec), run.Commit, run.Tree, GateStatus.Passed, 0, "passed",
            run.LogPath, "", "", null, DateTimeOffset.UnixEpoch, TimeSpan.Zero)));

    /// <summary>Leases are not renewed, and those that hold them go on as if they were.</summary>
    public static SwarmSurroundings TrustsLeasesForEver(SwarmSurroundings sound) => sound with
    {
        Store = Between<IStore>.Of(sound.Store, (name, _, goOn) => name == nameof(IStore.RenewAsync)
            ? Task.FromResult<IReadOnlyList<ClaimKey>>([])
            : goOn()),
    };

    /// <summary>What a node shares of its beads never leaves its clone, and counts as shared.</summary>
    public static SwarmSurroundings KeepsWorkToItself(SwarmSurroundings sound) => sound with
    {
        Membership = sound.Membership! with
        {
            Work = Between<IWorkRefs>.Of(
                sound.Membership.Work!, (name, _, goOn) => name == nameof(IWorkRefs.PushAsync)
                    ? Task.FromResult(new WorkPush(true, new PushAnswer.Accepted(), ""))
                    : goOn()),
        },
    };

    /// <summary>Like <see cref="TrustsLeasesForEver"/>, but only nodes that have joined.</summary>
    public static SwarmSurroundings JoinedKeepWhatTheyLost(SwarmSurroundings sound)
    {
        var joined = false;
        return OnNodes(
            sound with
            {
                Store = Between<IStore>.Of(sound.Store, (name, _, goOn) => joined && name == nameof(IStore.RenewAsync)
                    ? Task.FromResult<IReadOnlyList<ClaimKey>>([])
                    : goOn()),
            },
            nameof(INodeRegistry.EnterAsync),
            async goOn =>
            {
                var entry = await (Task<NodeEntry>)goOn()!;
                joined = entry is NodeEntry.Joined;
                return entry;
            });
    }

    /// <summary>What other nodes hold is asked for once, before a start looks at what was left half done.</summary>
    public static SwarmSurroundings LooksForOthersOnce(SwarmSurroundings sound)
    {
        IReadOnlyList<ClaimKey>? once = null;
        return OnNodes(
            OnNodes(sound, nameof(INodeRegistry.ReadClaimsElsewhereAsync), _ => Task.FromResult(once ?? [])),
            nameof(INodeRegistry.EnterAsync),
            async goOn =>
            {
                var entry = await (Task<NodeEntry>)goOn()!;
                once = await sound.Membership!.Registry.ReadClaimsElsewhereAsync(sound.Node, CancellationToken.None);
                return entry;
            });
    }

    /// <summary>A landing is recorded as completed in the place of its intent, before the target has moved.</summary>
    public static SwarmSurroundings CompletesWithoutObserving(SwarmSurroundings sound) =>
        OnStore(sound, nameof(IStore.IntendLandingsAsync), async (given, goOn) =>
        {
            var outcome = await (Task<WriteOutcome>)goOn()!;
            foreach (var (landing, intent) in (IReadOnlyList<IntendedLanding>)given[1]!)
            {
                outcome = outcome == WriteOutcome.Done
                    ? await sound.Store.CompleteLandingAsync(
                        (SwarmEpoch)given[0]!, landing, new LandingProof(intent.Candidate, intent.Candidate),
                        CancellationToken.None)
                    : outcome;
            }

            return outcome;
        });

    /// <summary>What still runs of an earlier orchestrator is left running.</summary>
    public static SwarmSurroundings LeavesOrphans(SwarmSurroundings sound) => sound with
    {
        Agents = Between<IAgentHost>.Of(sound.Agents, (name, _, goOn) => name switch
        {
            nameof(IAgentHost.ClearAsync) => Task.FromResult(LeakReport.Nothing),
            nameof(IAgentHost.TryAdoptAsync) => Task.FromResult<IAgentSession?>(null),
            _ => goOn(),
        }),
    };

    /// <summary>All agents work in the workspace of the first one.</summary>
    public static SwarmSurroundings SharesAWorkspace(SwarmSurroundings sound) => sound with
    {
        Workspaces = Between<IWorkspaces>.Of(sound.Workspaces, (name, given, goOn) =>
        {
            for (var i = 0; i < given.Length; i++)
            {
                given[i] = given[i] switch
                {
                    AgentNumber => new AgentNumber(1),
                    WorkspaceRequest request => request with { Agent = new AgentNumber(1) },
                    var other => other,
                };
            }

            return goOn();
        }),
    };

    /// <summary>A bead that is given back waits at its first attempt, whichever it had come to.</summary>
    public static SwarmSurroundings CountsAttemptsAnew(SwarmSurroundings sound) =>
        OnFinish(sound, (finish, to) => (finish, to switch
        {
            BeadTransition.Free free => free with { Attempt = 1 },
            _ => to,
        }));

    /// <summary>A bead is blocked, and nobody is told why.</summary>
    public static SwarmSurroundings BlocksWithoutDossier(SwarmSurroundings sound) => OnFinish(
        sound, (finish, to) => (to is BeadTransition.Block ? finish with { Artifacts = [] } : finish, to));

    /// <summary>The work of a stage is looked for on the branch of another agent.</summary>
    public static SwarmSurroundings TakesAnothersWork(SwarmSurroundings sound)
    {
        string? earlier = null;
        return OnFinish(sound, (finish, to) =>
        {
            (var found, earlier) = (earlier ?? finish.HeadCommit, finish.HeadCommit);
            return (finish with { HeadCommit = found }, to);
        });
    }

    /// <summary>A lost answer counts as a yes, and so does whatever else is in the way of the target.</summary>
    public static SwarmSurroundings TakesSilenceForYes(SwarmSurroundings sound)
    {
        return sound with
        {
            Target = Deaf(sound.Target),
            Integration = sound.Integration is { } integration ? Deaf(integration) : null,
        };

        static ILandingRepository Deaf(ILandingRepository branch) => Between<ILandingRepository>.Of(
            branch, (name, _, goOn) => name switch
            {
                nameof(ILandingRepository.AdvanceAsync) => YesAsync((Task<AdvanceOutcome>)goOn()!),
                nameof(ILandingRepository.ObserveAsync) => PresentAsync((Task<Observation>)goOn()!),
                _ => goOn(),
            });

        static async Task<AdvanceOutcome> YesAsync(Task<AdvanceOutcome> asked) =>
            await asked is AdvanceOutcome.LostRace lost ? lost : new AdvanceOutcome.Moved();

        static async Task<Observation> PresentAsync(Task<Observation> asked) =>
            await asked is Observation.Absent absent ? new Observation.Present(absent.Tip) : await asked;
    }

    static SwarmSurroundings OnStore<T>(
        SwarmSurroundings sound, string operation, Func<object?[], Func<object?>, Task<T>> instead) => sound with
        {
            Store = Between<IStore>.Of(
                sound.Store, (name, given, goOn) => name == operation ? instead(given, goOn) : goOn()),
        };

    static SwarmSurroundings OnNodes<T>(
        SwarmSurroundings sound, string operation, Func<Func<object?>, Task<T>> instead) => sound with
        {
            Membership = sound.Membership! with
            {
                Registry = Between<INodeRegistry>.Of(
                    sound.Membership.Registry, (name, _, goOn) => name == operation ? instead(goOn) : goOn()),
            },
        };

    static SwarmSurroundings OnFinish(
        SwarmSurroundings sound, Func<StageFinish, BeadTransition, (StageFinish, BeadTransition)> change) => sound with
        {
            Store = Between<IStore>.Of(sound.Store, (name, given, goOn) =>
            {
                if (name == nameof(IStore.FinishStageAsync))
                {
                    (given[1], given[2]) = change((StageFinish)given[1]!, (BeadTransition)given[2]!);
                }

                return goOn();
            }),
        };

    static SwarmSurroundings OnGates(
        SwarmSurroundings sound, Func<GateRun, Func<Task<GateResult>>, Task<GateResult>> instead) => sound with
        {
            Gates = Between<IGateCommands>.Of(
                sound.Gates, (name, given, goOn) => name == nameof(IGateCommands.RunAsync)
                    ? instead((GateRun)given[0]!, () => (Task<GateResult>)goOn()!)
                    : goOn()),
        };
}
