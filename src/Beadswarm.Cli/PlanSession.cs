using Beadswarm.Agents;
using Beadswarm.Beads;
using Beadswarm.Cli.Commands;
using Beadswarm.Cli.Rendering;
using Beadswarm.Configuration;
using Beadswarm.Git;
using Beadswarm.Planning;
using Beadswarm.Processes;
using Beadswarm.Sandboxes;
using Beadswarm.Swarms;
using Beadswarm.Workspaces;

namespace Beadswarm.Cli;

/// <summary>How a bead is to be planned.</summary>
sealed record PlanWish(string? Runner, bool DryRun, bool Again);

/// <summary>
/// One call of <c>plan</c>. What it does to the tracker is one replacement of its file; whatever it is killed between,
/// the next call goes on from there and asks no agent twice.
/// </summary>
sealed class PlanSession(VerbCall call)
{
    const string PlannerRole = "planner";
    const int HoldTriesMax = 10;

    static readonly TimeSpan HoldPause = TimeSpan.FromMilliseconds(200);

    readonly CliHost _host = call.Host;

    public async Task<int> PlanAsync(BeadId id, PlanWish wish, CancellationToken cancellationToken)
    {
        var sources = await Settings.ReadAsync(call.RepositoryPath, _host, [], cancellationToken);
        var loaded = Settings.Load(sources);
        var tracker = Tracker(loaded.Config);
        var (graph, planned) = await FindAsync(tracker, id, cancellationToken);
        if (ProposalRules.Undecided(graph, id) is { Count: > 0 } undecided)
        {
            Show(new PlanView(id, undecided, PlanState.Written));
            return ExitCodes.Ok;
        }

        if (ProposalRules.Refusal(planned) is { } refusal)
        {
            throw new UserError($"cannot plan {id}: {refusal}", "name another bead", ExitCodes.Refused);
        }

        var status = ProposalRules.StatusOf(tracker.ListedStatuses) ?? throw new UserError(
            "cannot propose beads: the tracker lists deferred and blocked ones as ready too",
            "take one of the two out of its ready statuses", ExitCodes.ConfigInvalid);
        var place = PlanPlace.Of(new SwarmPaths(call.RepositoryPath).Folder, id);
        if (wish.Again)
        {
            place.Forget();
        }

        var saved = place.ReadSaved() is { } kept
            && Planner.Check(kept, planned, graph) is ProposalReading.Usable usable ? usable.Proposal : null;
        var proposal = saved ?? await AskAsync(loaded, wish, planned, graph, place, cancellationToken);
        return await WriteAsync(
            tracker, proposal, planned, status, loaded.Config.Tracker.Actor, wish.DryRun, place, cancellationToken);
    }

    public async Task<int> DecideAsync(
        BeadId id, IReadOnlyList<string> only, ProposalDecision decision, CancellationToken cancellationToken)
    {
        var sources = await Settings.ReadAsync(call.RepositoryPath, _host, [], cancellationToken);
        var tracker = Tracker(Settings.Load(sources).Config);
        var (graph, _) = await FindAsync(tracker, id, cancellationToken);
        var undecided = ProposalRules.Undecided(graph, id);
        if (only.FirstOrDefault(name => undecided.All(bead => bead.Id.Value != name)) is { } stranger)
        {
            throw new UserError(
                $"'{SafeText.Line(stranger)}' is no proposal of {id}", $"'beadswarm plan {id}' lists them",
                ExitCodes.NotFound);
        }

        var chosen = undecided.Where(bead => only.Count == 0 || only.Contains(bead.Id.Value)).ToArray();
        if (chosen.Length == 0)
        {
            // Deciding twice is deciding once.
            Show(new PlanView(id, [], PlanState.Decided(decision)));
            return ExitCodes.Ok;
        }

        var ids = chosen.Select(bead => bead.Id).ToHashSet();
        await tracker.EditAsync(
            (backlog, now) => BacklogProposalRules.Decide(
                backlog, id, ids, ProposalRules.Label, decision, tracker.Dialect, now),
            cancellationToken);
        Show(new PlanView(id, chosen, PlanState.Decided(decision)));
        return ExitCodes.Ok;
    }

    JsonlTracker Tracker(SwarmConfig config) =>
        new(TrackerLocation.Find(call.RepositoryPath, config.Tracker.Dialect), _host.Time);

    static async Task<(BeadGraph Graph, Bead Bead)> FindAsync(
        JsonlTracker tracker, BeadId id, CancellationToken cancellationToken)
    {
        var graph = new BeadGraph((await tracker.ReadAsync(cancellationToken)).Beads);
        return graph.Find(id) is { Deleted: false } bead
            ? (graph, bead)
            : throw new UserError(
                $"there is no bead '{id}' in the tracker", "'beadswarm beads' lists them", ExitCodes.NotFound);
    }

    async Task<Proposal> AskAsync(
        ConfigResult.Loaded loaded, PlanWish wish, Bead planned, BeadGraph graph, PlanPlace place,
        CancellationToken cancellationToken)
    {
        var runner = Runner(loaded, wish.Runner);
        var git = new GitRunner(GitSettings.From(_host.Environment, _host.Time));
        var user = await UserRepository.OpenAsync(git, call.RepositoryPath, cancellationToken);
        var paths = new SwarmPaths(user.Root);
        Directory.CreateDirectory(paths.Folder);
        user.Ignore(paths.Folder);
        var setup = RunCommand.Setup(_host, user.Root, loaded.Config);
        var agents = new AgentHost(
            _host.Environment, AgentRunners.All(setup.ScriptedAgentPath, setup.ProgramPath), _host.Time)
        {
            Bubblewrap = await SandboxAsync(runner, cancellationToken),
            Secrets = Redaction.SecretsOf(_host.Environment.Concat(runner.Environment)),
        };
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var signals = new Signals(_ => stop.Cancel());
        using var held = await HoldAsync(place, stop.Token);
        var ledger = new PlanLedger(call, loaded.Config);
        var settlement = new PlanSettlement(agents, paths.Folder);
        await settlement.RunAsync(place, ledger.RecordAsync, stop.Token);
        await settlement.RunAsync(ledger.RecordAsync, stop.Token);
        if (!call.Json)
        {
            call.Note($"{runner.Name} plans {planned.Id}; its log is in {place.Session(1)}");
        }

        var outcome = await new Planner(agents, user, place, _host.Time).RunAsync(
            new PlanRequest(
                planned, graph, runner, loaded.Config.Limits, loaded.Config.Landing.Target,
                relative => Prompt(user.Root, relative), ledger.Meter),
            stop.Token);
        var proposed = outcome switch
        {
            PlanOutcome.Proposed done => done,
            PlanOutcome.Failed failed => throw new UserError(
                $"cannot plan {planned.Id}: {failed.Reason}",
                failed.Failure is PlanFailure.OverBudget
                    ? "'beadswarm costs --by day' tells what was used; limits in .beadswarm/swarm.yaml bound it"
                    : $"see the log in {place.Session(1)}",
                failed.Failure switch
                {
                    PlanFailure.NotPassed => ExitCodes.NotPassed,
                    PlanFailure.Unauthorized => ExitCodes.Unauthorized,
                    PlanFailure.OverBudget => ExitCodes.BudgetExceeded,
                }),
            PlanOutcome.Unusable unusable => throw new UserError(
                $"cannot plan {planned.Id}: what {runner.Name} left is no proposal"
                + string.Concat(unusable.Problems.Select(problem => $"\n  {problem}")),
                "try again, or with another --runner", ExitCodes.NotPassed),
        };
        place.Save(proposed.Json);
        return proposed.Proposal;
    }

    /// <summary>A swarm that tidies up after a planner holds its place for a moment.</summary>
    async Task<IDisposable> HoldAsync(PlanPlace place, CancellationToken cancellationToken)
    {
        for (var tries = 1; tries < HoldTriesMax; tries++)
        {
            if (place.TryHold() is { } held)
            {
                return held;
            }

            await Task.Delay(HoldPause, _host.Time, cancellationToken);
        }

        return place.TryHold() ?? throw new UserError(
            "another 'beadswarm plan' plans this bead already", "wait for it, or end it", ExitCodes.Held);
    }

    static RunnerSpec Runner(ConfigResult.Loaded loaded, string? wanted)
    {
        var config = loaded.Config;
        var name = wanted
            ?? config.Pools.FirstOrDefault(pool => pool.Role == PlannerRole)?.Runner
            ?? config.Pools[0].Runner;
        return config.Runners.GetValueOrDefault(name) ?? throw new UserError(
            $"runner '{SafeText.Line(name)}' cannot be used"
            + string.Concat(loaded.RunProblems.Select(problem => $"\n  {Settings.Say(problem)}")),
            $"known are: {string.Join(", ", config.Runners.Keys)}", ExitCodes.ConfigInvalid);
    }

    async Task<Bubblewrap?> SandboxAsync(RunnerSpec runner, CancellationToken cancellationToken)
    {
        if (runner.Sandbox is null)
        {
            return null;
        }

        var finding = await Bubblewrap.FindAsync(_host.Environment, _host.Time, cancellationToken);
        return finding.Trouble is { } trouble
            ? throw new UserError(trouble.Message, trouble.Remedy, ExitCodes.ConfigInvalid)
            : ((SandboxFinding.Works)finding).Bubblewrap;
    }

    static string? Prompt(string root, string relative)
    {
        var path = Path.Combine(root, relative);
        return File.Exists(path) ? File.ReadAllText(path) : null;
    }

    async Task<int> WriteAsync(
        JsonlTracker tracker, Proposal proposal, Bead planned, string status, string actor, bool dryRun,
        PlanPlace place, CancellationToken cancellationToken)
    {
        IReadOnlyList<Bead> beads = [];
        BacklogEdit Add(Backlog backlog, DateTimeOffset now)
        {
            // The backlog may have changed while the planner worked: it is checked as it is now, under the lock.
            var graph = new BeadGraph(backlog.Beads);
            if (graph.Find(planned.Id) is not { } bead || ProposalRules.Refusal(bead) is not null
                || ProposalRules.Problems(proposal, bead, graph) is { Count: > 0 })
            {
                throw new UserError(
                    $"cannot write the proposal of {planned.Id}: the backlog has changed meanwhile",
                    $"plan it anew with 'beadswarm plan {planned.Id} --again'", ExitCodes.Refused);
            }

            beads = ProposalRules.Beads(proposal, bead, graph, status, actor, now);
            return dryRun ? new BacklogEdit(null, [], []) : BacklogProposalRules.Add(backlog, beads);
        }

        await tracker.EditAsync(Add, cancellationToken);
        if (!dryRun)
        {
            place.Forget();
        }

        Show(new PlanView(planned.Id, beads, dryRun ? PlanState.Kept : PlanState.Written)
        {
            Summary = proposal.Summary,
            Assumptions = proposal.Assumptions,
        });
        return ExitCodes.Ok;
    }

    void Show(PlanView view) => call.Print(call.Json ? view.ToJson() : view.ToText(_host.Width));
}
