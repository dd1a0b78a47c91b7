using Beadswarm.Beads;
using Beadswarm.Configuration;
using Beadswarm.Control;
using Beadswarm.Git;
using Beadswarm.Landing;
using Beadswarm.Simulation.Agents;
using Beadswarm.Simulation.Git;
using Beadswarm.Simulation.Storage;
using Beadswarm.Storage;
using Beadswarm.Swarms;
using Beadswarm.Workspaces;

namespace Beadswarm.Simulation.Worlds;

/// <summary>Those who share tracker, target and checkout with the swarm, and give it orders.</summary>
sealed class People(SimulatedWorld world)
{
    static readonly TimeSpan LockPatience = TimeSpan.FromMinutes(1);

    readonly Chance _chance = world.Chances.People;
    readonly ForeignUser _foreign = new(world.Clones[0].Git);
    int _added;
    int _pushed;
    int _pushedBeads;
    bool _obstructing;

    DateTimeOffset Now => world.Outside.Clock.GetUtcNow();

    BranchName Target => world.Target;

    public void Begin()
    {
        world.Every(FaultKind.PersonEdits, _chance, EditAsync);
        world.Every(FaultKind.PersonCommands, _chance, CommandAsync);
        world.Every(FaultKind.PersonWorksOnBranch, _chance, WorkAsync);
        world.Every(FaultKind.ForeignPush, _chance, PushAsync);
        world.Every(FaultKind.ForeignRevert, _chance, RevertAsync);
        world.Every(FaultKind.TrackerPush, _chance, PushBeadsAsync);
        world.Every(FaultKind.PersonSteersQueue, _chance, SteerQueueAsync);
        world.Every(FaultKind.CheckoutInTheWay, _chance, ObstructAsync);
        world.Begin(UnlockAsync);
        world.Begin(MergeByHandAsync);
        if (world.Plan.Faults.Kinds.Contains(FaultKind.TakeOver) && !world.HasNodes)
        {
            world.Begin(RestoreCheckoutAsync);
        }
    }

    Task EditAsync()
    {
        if (world.Holder.Backlog.Away is not null)
        {
            return Task.CompletedTask;
        }

        var bead = _chance.Pick(world.Holder.Backlog.Read().Beads);
        switch (_chance.Below(7))
        {
            case 0:
                Put(bead with { Title = bead.Title + "!" }, "retitles");
                break;
            case 1:
                Put(bead with { Priority = _chance.Between(0, 4) }, "re-prioritises");
                break;
            case 2 when bead.Unfinished:
                Put(bead with { Status = BeadStatus.Closed, CloseReason = "not wanted any more" }, "closes");
                break;
            case 3 when !bead.Unfinished || bead.Status == BeadStatus.Blocked:
                Put(bead with { Status = BeadStatus.Open, Assignee = null }, "opens again");
                break;
            case 4 when bead.Status == BeadStatus.Open:
                Put(bead with { Status = BeadStatus.Deferred, DeferUntil = Now + TimeSpan.FromMinutes(5) }, "defers");
                break;
            case 5 when bead.Status == BeadStatus.Deferred:
                Put(bead with { Status = BeadStatus.Open, DeferUntil = null }, "takes up again");
                break;
            default:
                var id = $"bd-x{++_added}";
                Put(WorldPlanning.Some(id, $"added later {_added}", _chance.Between(0, 4), []), "adds");
                break;
        }

        return Task.CompletedTask;
    }

    void Put(Bead bead, string what)
    {
        world.Note($"a person {what} {bead.Id}");
        world.Witness.PersonChanged(bead);
        world.Holder.Backlog.Put(bead);
    }

    async Task CommandAsync()
    {
        if (world.AnyClone(_chance).Orchestrators.LastOrDefault(one => one.Commands is not null)
            is not { Commands: { } commands } running)
        {
            return;
        }

        // A person who sees no effect at once asks again.
        var times = _chance.Happens(0.3) ? 2 : 1;
        if (world.Database.Beads.Rows.Count == 0)
        {
            return;
        }

        var bead = _chance.Pick(world.Database.Beads.Rows.ToArray());
        var command = _chance.Below(4);
        world.Note($"a person gives order {command} for {bead.Id} {times} times");
        for (; times > 0; times--)
        {
            _ = running.Node.RunAsync(() => GiveAsync(commands, command, bead.Id));
            await Task.Delay(_chance.Between(TimeSpan.Zero, TimeSpan.FromSeconds(5)), world.Outside.Clock);
        }
    }

    async Task GiveAsync(ControlCommands commands, int command, BeadId bead)
    {
        try
        {
            switch (command)
            {
                case 0:
                    commands.Drain("a person asked");
                    break;
                case 1:
                    commands.Terminate("a person asked");
                    break;
                case 2:
                    world.Witness.AskedAgain(bead);
                    await commands.Retry(bead, CancellationToken.None);
                    break;
                default:
                    await commands.Release(bead, "a person asked", CancellationToken.None);
                    break;
            }
        }
        catch (StoreException)
        {
            // The person reads that it did not work.
        }
    }

    Task PushAsync()
    {
        var path = _chance.Happens(0.2) && world.Plan.Beads.Count > 0
            ? WorkRules.PathOf(_chance.Pick(world.Plan.Beads).Bead.Id)
            : $"foreign/{++_pushed}.txt";
        world.Witness.Foreign(
            _foreign.Push(Target, $"somebody else's {path}\n", Now, (path, $"pushed at {Now:HH:mm:ss}\n")));
        return Task.CompletedTask;
    }

    /// <summary>
    /// They see what was pushed, and no more, and write what nobody else here does: so whatever they wrote last stays.
    /// </summary>
    Task PushBeadsAsync()
    {
        if (world.Tip?.Tree.Find(SimulatedBacklog.Path) is not { } file)
        {
            return Task.CompletedTask;
        }

        var known = world.Holder.Backlog.Parse(file).Beads;
        var number = ++_pushedBeads;
        var old = known.Count > 0 && _chance.Happens(0.5) ? _chance.Pick(known) : null;
        var bead = (old ?? WorldPlanning.Some($"bd-p{number}", $"pushed as {number}", _chance.Between(0, 4), [])) with
        {
            Design = $"design {number}",
            UpdatedAt = Now,
        };
        var text = SimulatedBacklog.Text(
            known.Select(one => one.Id == bead.Id ? bead : one).Concat(old is null ? [bead] : []));
        if (_foreign.Push(Target, "beads: by somebody else\n", Now, (SimulatedBacklog.Path, text)) is { } made)
        {
            world.Note($"somebody pushes {bead.Id}");
            world.Witness.Foreign(made);
            world.Witness.Pushed(bead);
        }

        return Task.CompletedTask;
    }

    /// <summary>The queue is never left held: who holds it lets it go on again.</summary>
    async Task SteerQueueAsync()
    {
        if (_chance.Happens(0.3))
        {
            await AskQueueAsync(new QueueRequest.Pause("a person looks at it"));
            await Task.Delay(_chance.Lognormal(TimeSpan.FromMinutes(2), 1), world.Outside.Clock);
            await AskQueueAsync(new QueueRequest.Resume());
        }
        else if (world.Database.Landings.Queue.FirstOrDefault() is { } landing)
        {
            await AskQueueAsync(_chance.Happens(0.5)
                ? new QueueRequest.First(landing.Bead)
                : new QueueRequest.Eject(landing.Bead, "a person asked"));
        }
    }

    /// <summary>
    /// On the store, and through the swarm where one runs, so that it hears of it: but for a pause, which one that
    /// sleeps would hear of when the queue was to go on.
    /// </summary>
    async Task AskQueueAsync(QueueRequest request)
    {
        world.Note($"a person asks the queue: {request}");
        var done = await PersonalRequests.QueueAsync(
            new InMemoryStore(world.Database), request, CancellationToken.None);
        foreach (var running in world.Orchestrators.Where(
            one => one.Commands is not null && request is not QueueRequest.Pause))
        {
            _ = running.Node.RunAsync(() => HearAsync(running.Commands!, request));
        }

        world.Note(done.Message);
    }

    static async Task HearAsync(ControlCommands commands, QueueRequest request)
    {
        try
        {
            await commands.Queue!(request, CancellationToken.None);
        }
        catch (StoreException)
        {
            // The person reads that it did not work; it has been done on the store.
        }
    }

    Task RevertAsync()
    {
        var landed = world.Tip is { } tip
            ? HistoryRules.FirstParents(tip, null).Take(5)
                .Where(commit => commit.Trailer(LandingMessage.BeadTrailer) is not null
                    || SimulatedBatch.Of(commit) is not null).ToArray()
            : [];
        if (landed.Length > 0)
        {
            var taken = _chance.Pick(landed);
            foreach (var landing in SimulatedBatch.Of(taken) ?? [taken])
            {
                world.Witness.TookBack(BeadId.Parse(landing.Trailer(LandingMessage.BeadTrailer)!));
            }

            world.Witness.Foreign(_foreign.Revert(Target, taken.Id, Now));
        }

        return Task.CompletedTask;
    }

    /// <summary>What has passed its stages lands as it did, and what came onto its branch afterwards is kept.</summary>
    Task WorkAsync()
    {
        var landing = world.Database.Landings.Queue.FirstOrDefault();
        if (landing is not null && new BranchName(landing.Branch) is var branch
            && world.Clones.FirstOrDefault(clone => clone.Git.Hub.Find(branch) is not null)?.Git is { } git
            && git.Hub.Find(branch) is { } tip && !git.Hub.IsLocked(branch.Ref))
        {
            var (path, text) = ($"notes/{landing.Bead}.txt", $"noted at {Now:HH:mm:ss}\n");
            var made = git.Commit(
                git[tip].Tree.With(path, FileContent.Of(text)), [git[tip]], "A note\n", Now);
            git.Hub.Set(branch.Ref, made.Id.Value);
            world.Witness.WroteByHand(landing.Bead, path, text);
            world.Note($"a person commits on {branch}");
        }

        return Task.CompletedTask;
    }

    async Task ObstructAsync()
    {
        var checkout = world.AnyClone(_chance).Git.Checkout!;
        var busy = _chance.Happens(0.5);
        var path = world.Plan.Beads.Count > 0 ? WorkRules.PathOf(world.Plan.Beads[0].Bead.Id) : "README.md";
        var before = checkout.Files.Find(path);
        _obstructing = true;
        if (busy)
        {
            checkout.Busy = "a rebase is under way";
        }
        else
        {
            checkout.Write(path, "unsaved\n");
        }

        await Task.Delay(_chance.Lognormal(TimeSpan.FromMinutes(1), 1), world.Outside.Clock);
        (checkout.Busy, _obstructing) = (null, false);
        if (!busy && checkout.Files.Find(path)?.Text == "unsaved\n")
        {
            checkout.Files = checkout.Files.With(path, checkout.Index.Find(path) ?? before);
        }
    }

    /// <summary>
    /// Where target and integration branch contradict each other, the swarm asks a person to merge them.
    /// </summary>
    async Task MergeByHandAsync()
    {
        var branch = new BranchName(world.Plan.Config.Landing.IntegrationBranch);
        while (world.Plan.Config.Landing.Mode == LandingMode.Integration)
        {
            await Task.Delay(_chance.Lognormal(TimeSpan.FromMinutes(10), 0.5), world.Outside.Clock);
            var refs = world.TargetRefs;
            if (refs.IsLocked(branch.Ref) || refs.Find(branch) is not { } id || world.Tip is not { } target
                || MergeRules.Merge(target, world.Commits[id], ProtectedFolders.Contain)
                    is not { Conflicts.Count: > 0 } merge)
            {
                continue;
            }

            var files = merge.Conflicts.Aggregate(merge.Tree, (tree, conflict) => tree.With(
                conflict.Path, FileContent.Of(WorkRules.Union(conflict.Ours?.Text, conflict.Theirs?.Text))));
            var made = _foreign.Make(files, [world.Commits[id], target], "Merge main into integration\n", Now);
            refs.Set(branch.Ref, made.Id.Value);
            world.Witness.Foreign(made.Id);
            world.Note("a person merges the target into the integration branch");
        }
    }

    /// <summary>
    /// On one machine the lock of the swarm keeps a second lander from the checkout. Where one that slept and its
    /// successor both move it, each may take the other for dead and leave files behind: then the swarm is held, says
    /// so, and a person throws away what is not his.
    /// </summary>
    async Task RestoreCheckoutAsync()
    {
        var checkout = world.Clones[0].Git.Checkout!;
        for (var seen = false; ;)
        {
            await Task.Delay(_chance.Lognormal(TimeSpan.FromMinutes(10), 0.5), world.Outside.Clock);
            var dirty = checkout is { Lock: null, Busy: null } && !_obstructing && Dirty(checkout);
            if (dirty && seen)
            {
                var tracker = checkout.Files.Find(SimulatedBacklog.Path);
                checkout.Restore();
                checkout.Files = checkout.Files.With(SimulatedBacklog.Path, tracker);
                world.Note("a person throws away what lies in the checkout and is not committed");
            }

            seen = dirty && !seen;
        }
    }

    bool Dirty(UserFolder checkout) =>
        checkout.Branch is { } branch && world.Clones[0].Git.User.Find(branch) is { } head
        && FileTree.Differences(world.Commits[head].Tree, checkout.Files)
            .Concat(FileTree.Differences(world.Commits[head].Tree, checkout.Index))
            .Any(change => !ProtectedFolders.Contain(change.Path));

    /// <summary>A lock that a killed git left in the user's repository is removed by hand.</summary>
    async Task UnlockAsync()
    {
        HashSet<(SimulatedGit Git, string Name)> Locks() =>
            [.. world.Clones.SelectMany(clone => clone.Git.User.Locks.Select(name => (clone.Git, name)))];
        var seen = Locks();
        while (true)
        {
            await Task.Delay(LockPatience, world.Outside.Clock);
            foreach (var (git, name) in Locks().Where(seen.Contains))
            {
                git.User.Unlock(name);
            }

            seen = Locks();
        }
    }
}
