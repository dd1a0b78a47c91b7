using Beadswarm.Agents;
using Beadswarm.Git;
using Beadswarm.Pipelines;
using Beadswarm.Processes;
using Beadswarm.Simulation.Git;
using Beadswarm.Simulation.Machines;
using Beadswarm.Simulation.Worlds;

namespace Beadswarm.Simulation.Agents;

/// <summary>
/// The agent CLI of the simulation: reads its launch, works in its workspace for a while, commits, and leaves a
/// verdict,
/// or does something else instead. What it does is drawn from the seed, the bead, the stage and the attempt.
/// </summary>
sealed class SimulatedAgentProgram(SimulatedWorld world, SimulatedClone clone, SimulatedSession session)
{
    const int AbortSignal = 6;
    const int FailedCode = 1;

    readonly AgentLaunch _launch = session.Launch;
    readonly SimulatedFolder _folder = clone.Git.FolderAt(session.Launch.Workspace);
    readonly Chance _chance = new(
        world.Plan.Seed,
        $"agent {session.Launch.Bead} {session.Launch.Stage} {session.Launch.Attempt} {session.Launch.SessionFolder}");

    SimulatedProcess _self = null!;

    bool Writes => _launch.Stage == world.Plan.Config.Pipeline.RetryFrom;

    /// <summary>Gates look at what it writes before anybody else does.</summary>
    bool IsGated => Writes && world.Plan.Config.Pipeline[_launch.Stage].Gates.Count > 0;

    bool Reviews => world.Plan.Config.Pipeline[_launch.Stage].VerdictRequired;

    public async Task<ChildExit> LiveAsync(SimulatedProcess self)
    {
        _self = self;
        var measured = world.Plan.Pace.Measured;
        var conduct = measured is not null ? measured.Conduct(_launch.Stage, IsGated, _chance)
            : world.Faults.Active ? world.Plan.Habits.Draw(_chance) : AgentConduct.Good;
        if (conduct != AgentConduct.Good && measured is null)
        {
            world.Faults.Count(FaultKind.AgentMisbehaves);
        }

        session.Stubborn = _chance.Happens(0.1);
        var time = world.Plan.Pace.OfStage(_launch.Stage, _chance);
        if (Refused() is { } refused)
        {
            await WorkForAsync(time * 0.01);
            return End(FailedCode, refused);
        }

        Use(0.5m);
        await WorkForAsync(time * 0.5);
        switch (conduct)
        {
            case AgentConduct.Fails when !Reviews:
                return End(FailedCode, new AgentEnd.Failed(FailedCode, "it does not compile\n"));
            case AgentConduct.Crashes:
                Write(partly: true);
                return new ChildExit.Killed(AbortSignal);
            case AgentConduct.Hangs:
                Write(partly: true);
                await Task.Delay(Timeout.InfiniteTimeSpan, self.Node.Clock);
                break;
            case AgentConduct.Babbles:
                await WorkForAsync(TimeSpan.FromDays(1));
                break;
            case AgentConduct.Floods:
                session.Floods = true;
                self.Changed.Ring();
                await WorkForAsync(TimeSpan.FromDays(1));
                break;
            case AgentConduct.IsRateLimited:
                return End(FailedCode, new AgentEnd.RateLimited(
                    _chance.Happens(0.5) ? self.Node.Clock.GetUtcNow() + _chance.Lognormal(world.Plan.Pace.Stage, 1)
                        : null, "limit reached"));
            case AgentConduct.IsOverloaded:
                return End(FailedCode, new AgentEnd.Overloaded("529"));
            case AgentConduct.IsUnauthorized:
                return End(FailedCode, new AgentEnd.Unauthorized("please log in"));
            case AgentConduct.GivesUp:
                Write(partly: true);
                return End(FailedCode, new AgentEnd.MaxTurns("40 turns"));
            case AgentConduct.Mumbles:
                return End(0, new AgentEnd.Finished(null, "the result is empty"));
        }

        Use(1);
        await DoAsync(conduct, time * 0.5);
        return End(0, new AgentEnd.Finished(Verdict(conduct), null));
    }

    /// <summary>How its vendor turns it away, when as many as it lets through are at work; null: it does not.</summary>
    AgentEnd? Refused()
    {
        if (world.Plan.Vendor is not { } vendor || world.Witness.LetThrough(session, vendor.Places))
        {
            return null;
        }

        var wait = _chance.Lognormal(world.Plan.Pace.Stage, 1);
        return _chance.Happens(0.5)
            ? new AgentEnd.Overloaded("529")
            : new AgentEnd.RateLimited(
                _chance.Happens(0.5) ? _self.Node.Clock.GetUtcNow() + wait : null, "too many at once");
    }

    /// <summary>Prints what it has used, of what it will use in all.</summary>
    void Use(decimal share)
    {
        if (world.Plan.Vendor is { } vendor)
        {
            var usd = decimal.Round(
                share * vendor.UsdPerStage
                    * (0.5m + (decimal)new Chance(world.Plan.Seed, $"cost {_launch.SessionFolder}").Fraction()), 4);
            session.Usage = new UsageReport
            {
                Model = "simulated",
                Calls = 1,
                Tokens = new TokenCount((long)(usd * 1_000), 10, 0, 0),
                CostUsd = usd,
            };
            _self.Changed.Ring();
        }
    }

    /// <summary>The work itself: files first, the commit at the end.</summary>
    async Task DoAsync(AgentConduct conduct, TimeSpan time)
    {
        if (conduct == AgentConduct.Idles || (!Writes && conduct is not AgentConduct.LeavesProcess))
        {
            await WorkForAsync(time);
            LeaveDocument();
            return;
        }

        TakeUpTarget();
        Write(partly: true);
        await WorkForAsync(time);
        Write(partly: false, broken: conduct == AgentConduct.Lies);
        LeaveDocument();
        Finish(conduct);
    }

    void Finish(AgentConduct conduct)
    {
        var message = $"{_launch.Bead}: {_launch.Stage}, attempt {_launch.Attempt}\n";
        var now = _self.Node.Clock.GetUtcNow();
        switch (conduct)
        {
            case AgentConduct.LeavesUncommitted:
                return;
            case AgentConduct.CommitsElsewhere:
                _folder.SwitchToNew(new BranchName($"my-{_launch.Bead}-{_self.Identity.Pid}"));
                break;
            case AgentConduct.CommitsDetached:
                _folder.Detach();
                break;
            case AgentConduct.EditsTracker:
                _folder.Write(SimulatedBacklog.Path, "{}\n");
                break;
            case AgentConduct.LeavesProcess:
                clone.Machine.Start(_self.Tag, "child of an agent", ScribbleAsync);
                break;
        }

        if (_folder.Unmerged)
        {
            _folder.Resolve();
        }

        var made = _folder.Commit(message, now);
        if (conduct == AgentConduct.LeavesRebase && world.LandingTip is { } tip && tip.Id != made)
        {
            clone.Git.Fetch(tip.Id);
            _folder.BeginRebase(tip.Id);
        }
    }

    /// <summary>A further attempt was told to merge the target: where both changed the same, both are kept.</summary>
    void TakeUpTarget()
    {
        if (_launch.Attempt == 1 || world.LandingTip is not { } tip || _folder.Head is not { } head
            || _folder.MergeHead is not null || HistoryRules.IsAncestor(tip, head))
        {
            return;
        }

        clone.Git.Fetch(tip.Id);
        foreach (var path in _folder.Merge(tip.Id))
        {
            _folder.Write(path, WorkRules.Union(head.Tree.Find(path)?.Text, tip.Tree.Find(path)?.Text));
        }

        _folder.Resolve();
    }

    void Write(bool partly, bool broken = false)
    {
        if (!Writes)
        {
            return;
        }

        var bead = world.Plan.Find(_launch.Bead);
        var path = WorkRules.PathOf(_launch.Bead);
        var own = $"{_launch.Bead} by {_launch.Agent} in {_self.Identity.Pid}";
        List<string> lines = [own, partly ? "half" : "whole"];
        if (broken || (!partly && _launch.Attempt == 1 && _chance.Happens(world.Plan.Habits.BrokenRate)))
        {
            lines.Add(WorkRules.Broken);
        }

        if (bead?.Clash is { } clash && !WorkRules.IsTaken(_folder.Files, clash, path))
        {
            lines.Add(clash);
        }

        Put(path, string.Join('\n', lines) + "\n");
        if (!partly && bead?.Shared is { } shared)
        {
            Put(shared, WorkRules.Union(_folder.Read(shared), own));
        }
    }

    void Put(string path, string text)
    {
        _folder.Write(path, text);
        session.ActiveAt = world.Scheduler.Now;
        world.Witness.Wrote(session, path, text);
    }

    async Task<ChildExit> ScribbleAsync(SimulatedProcess self)
    {
        var path = $"{WorkRules.PathOf(_launch.Bead)}.log";
        world.Witness.Touches(session, path);
        for (var line = 1; ; line++)
        {
            await Task.Delay(TimeSpan.FromSeconds(5), self.Node.Clock);
            _folder.Write(path, $"{self.Identity.Pid} writes {line}\n");
        }
    }

    AgentVerdict? Verdict(AgentConduct conduct)
    {
        if (!Reviews)
        {
            return null;
        }

        var finds = conduct == AgentConduct.Fails || WorkRules.Complaint(_folder.Files) is not null;
        return new AgentVerdict(!finds || conduct == AgentConduct.Lies, finds ? "found something" : "good", []);
    }

    void LeaveDocument()
    {
        if (world.Plan.Config.Pipeline[_launch.Stage].Artifact is { } name)
        {
            clone.Machine.WriteFile(
                Path.Combine(new AgentFiles(_launch.SessionFolder).Context, name), $"{name} of {_launch.Bead}\n");
        }
    }

    ChildExit.Exited End(int code, AgentEnd end)
    {
        session.End = end;
        return new ChildExit.Exited(code);
    }

    async Task WorkForAsync(TimeSpan time)
    {
        var silence = world.Plan.SilenceMax;
        for (var left = time; left > TimeSpan.Zero; left -= silence)
        {
            await Task.Delay(left < silence ? left : silence, _self.Node.Clock);
            session.ActiveAt = world.Scheduler.Now;
        }
    }
}
