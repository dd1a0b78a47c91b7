using System.Globalization;
using Beadswarm.Gates;
using Beadswarm.Processes;
using Beadswarm.Simulation.Agents;
using Beadswarm.Simulation.Git;
using Beadswarm.Simulation.Worlds;
using Beadswarm.Workspaces;

namespace Beadswarm.Simulation.Machines;

/// <summary>
/// Gates whose verdict follows from the files they find, and from nothing else, unless chance says that the machine was
/// in the way. They run as processes, take their time, and look at the files when they end.
/// </summary>
sealed class SimulatedGates(SimulatedOrchestrator owner, SimulatedWorld world) : IGateCommands
{
    const int FailedCode = 1;
    const int NoSpaceCode = 2;

    static readonly IReadOnlyDictionary<string, string> NoEnvironment = new Dictionary<string, string>();

    public string RecipeOf(GateSpec spec) => GateRecipe.Hash(spec, NoEnvironment);

    public async Task<GateResult> RunAsync(GateRun run, int? baseline, CancellationToken cancellationToken)
    {
        await owner.StepAsync(Seam.Gates, "run", cancellationToken);
        var began = owner.Node.Clock.GetTimestamp();
        var folder = owner.Clone.Git.FolderAt(run.Directory);
        if (Refusal(folder, run) is { } refusal)
        {
            return Result(run, new GateJudgement(GateStatus.NoVerdict, null, refusal), began);
        }

        var end = await ExecuteAsync(run, folder, cancellationToken);
        var judgement = GateRules.Judge(end, owner.Clone.Disk.IsFull, null, baseline);
        if (folder.Head?.Id.Value != run.Commit)
        {
            judgement = new GateJudgement(
                GateStatus.NoVerdict, judgement.ExitCode,
                $"'{run.Directory}' was moved to {folder.Head?.Id} meanwhile");
        }
        else if (Unclean(folder).Any())
        {
            folder.Reset(folder.Head.Id);
        }

        await owner.StepAsync(Seam.Gates, "judged", CancellationToken.None);
        return Result(run, judgement, began);
    }

    async Task<ShellEnd> ExecuteAsync(GateRun run, SimulatedFolder folder, CancellationToken cancellationToken)
    {
        var trouble = owner.Strikes(FaultKind.GateWithoutVerdict);
        var flaky = owner.Strikes(FaultKind.GateFlaky);
        var slow = owner.Strikes(FaultKind.GateSlow);
        var time = world.Plan.Pace.OfGate(run.Spec.Name, world.Chances.Gates) * (slow ? 20 : 1);
        var (process, code) = ((SimulatedProcess?)null, 0);
        process = owner.Clone.Machine.Start(run.Tag, $"gate {run.Spec.Name}", async self =>
        {
            await Task.Delay(time, self.Node.Clock);
            var red = WorkRules.Complaint(folder.Files) is not null;
            world.Witness.GateRan(run, folder.Files, !red);
            code = red || flaky ? FailedCode : 0;
            return trouble ? new ChildExit.Killed(9) : new ChildExit.Exited(code);
        });

        using var stopped = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var left = run.Spec.Timeout;
        while (process.Running)
        {
            var (heard, since) = (process.Changed.Listen(), owner.Node.Clock.GetTimestamp());
            try
            {
                if (left <= TimeSpan.Zero)
                {
                    owner.Clone.Machine.KillTagged(run.Tag);
                    return new ShellEnd.TimedOut(run.Spec.Timeout);
                }

                await process.Changed.WaitAsync(heard, left, owner.Node.Clock, stopped.Token);
            }
            catch (OperationCanceledException)
            {
                owner.Clone.Machine.KillTagged(run.Tag);
                throw;
            }

            left -= owner.Node.Clock.GetElapsedTime(since);
        }

        return process.Exit switch
        {
            ChildExit.Exited exited => new ShellEnd.Exited(
                owner.Clone.Disk.IsFull && exited.Code != 0 ? NoSpaceCode : exited.Code),
            ChildExit.Killed killed => new ShellEnd.Killed(killed.Signal),
            _ => new ShellEnd.NotStarted("the machine was restarted"),
        };
    }

    static string? Refusal(SimulatedFolder folder, GateRun run) =>
        !folder.Exists ? $"'{run.Directory}' is not there"
        : folder.Head?.Id.Value != run.Commit ? $"'{run.Directory}' is at {folder.Head?.Id}, expected {run.Commit}"
        : Unclean(folder).Take(1).ToArray() is [var path] ? $"'{run.Directory}' is not clean: {path}"
        : null;

    static IEnumerable<string> Unclean(SimulatedFolder folder) =>
        folder.Changes.Select(change => change.Path).Where(path => !ProtectedFolders.Contain(path));

    GateResult Result(GateRun run, GateJudgement judgement, long began)
    {
        var output = string.Create(
            CultureInfo.InvariantCulture, $"{run.Spec.Name} on {run.Tree}: {judgement.Status}\n");
        return new GateResult(
            run.Spec.Name, RecipeOf(run.Spec), run.Commit, run.Tree, judgement.Status, judgement.ExitCode,
            judgement.Reason, run.LogPath, ContentHash.Of("log", output).ToString(), output, null,
            owner.Node.Clock.GetUtcNow(), owner.Node.Clock.GetElapsedTime(began));
    }
}
