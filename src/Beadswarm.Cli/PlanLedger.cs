using Beadswarm.Agents;
using Beadswarm.Beads;
using Beadswarm.Configuration;
using Beadswarm.Control;
using Beadswarm.Pipelines;
using Beadswarm.Planning;
using Beadswarm.Storage;
using Beadswarm.Storage.Sqlite;
using Beadswarm.Swarms;

namespace Beadswarm.Cli;

/// <summary>
/// Asks for a planner whether it may spend, and has what it spent recorded: by the swarm where one runs, which counts
/// it at once, else in the store. A swarm may begin or end at any moment in between.
/// </summary>
sealed class PlanLedger(VerbCall call, SwarmConfig config)
{
    // A verb or a swarm on its way up or down holds the repository for a moment only.
    const int TriesMax = 40;
    static readonly TimeSpan TryPause = TimeSpan.FromMilliseconds(250);

    readonly SwarmPaths _paths = new(call.RepositoryPath);
    readonly TimeProvider _time = call.Host.Time;

    public PlanMeter Meter => new(MayBeginAsync, MayGoOnAsync, RecordAsync);

    /// <summary>
    /// Records it, or leaves it to whoever works here next: a proposal must not be lost because of it.
    /// </summary>
    public async Task<bool> RecordAsync(PlanUse use, CancellationToken cancellationToken)
    {
        var question = Question(PlanAsk.Record, use);
        try
        {
            await WriteAsync(
                use.Bead, question,
                async store =>
                {
                    await store.RecordPlanAsync(use.Bead, question.Plan, cancellationToken);
                    return new CommandReply(true, "recorded");
                },
                cancellationToken);
            return true;
        }
        catch (Exception busy) when (busy is ControlException or StoreException or SwarmHeldException)
        {
            call.Note($"what the planner used is recorded by the next run or plan, not now: {busy.Message}");
            return false;
        }
    }

    async Task<AgentEnd.BudgetExceeded?> MayBeginAsync(PlanUse use, CancellationToken cancellationToken)
    {
        var question = Question(PlanAsk.Begin, use);
        return Answer(await WriteAsync(
            use.Bead, question, store => PlanDesk.AskAsync(store, config, use.Bead, question, cancellationToken),
            cancellationToken));
    }

    /// <summary>Whoever does not answer now has not said no: it is asked again.</summary>
    async Task<AgentEnd.BudgetExceeded?> MayGoOnAsync(PlanUse use, CancellationToken cancellationToken)
    {
        var question = Question(PlanAsk.GoOn, use);
        try
        {
            if (await AskSwarmAsync(use.Bead, question, cancellationToken) is { } reply)
            {
                return Answer(reply);
            }

            await using var store = await StoreChoice.Of(call).OpenReadOnlyAsync(_time, cancellationToken);
            return Answer(await PlanDesk.AskAsync(
                (IStoreReader?)store ?? new NoSwarmYet(), config, use.Bead, question, cancellationToken));
        }
        catch (Exception unanswered) when (unanswered is ControlException or StoreException)
        {
            return null;
        }
    }

    PlanCall Question(PlanAsk ask, PlanUse use) => new(ask, PlanBudgetRules.EntryOf(use, config));

    static AgentEnd.BudgetExceeded? Answer(CommandReply reply) =>
        reply.Done ? null : new AgentEnd.BudgetExceeded(BudgetScope.Swarm, reply.Message);

    /// <summary>Null: no swarm runs.</summary>
    async Task<CommandReply?> AskSwarmAsync(BeadId bead, PlanCall question, CancellationToken cancellationToken)
    {
        var client = new ControlClient(_paths.Socket);
        if (!client.Answers())
        {
            return null;
        }

        try
        {
            return await client.AskPlanAsync(bead, question, cancellationToken);
        }
        catch (ControlException gone) when (gone.Kind == ControlErrorKind.Gone)
        {
            return null;
        }
    }

    /// <summary>Through the swarm, or on the store under the lock that keeps one from starting meanwhile.</summary>
    async Task<CommandReply> WriteAsync(
        BeadId bead, PlanCall question, Func<IStore, Task<CommandReply>> act, CancellationToken cancellationToken)
    {
        for (var tries = 1; ; tries++)
        {
            if (await AskSwarmAsync(bead, question, cancellationToken) is { } reply)
            {
                return reply;
            }

            try
            {
                using var held = SwarmLock.Take(_paths, SwarmHolder.OfThisProcess(call.Verb, _time));
                var place = StoreChoice.Of(call);
                if (place is StorePlace.InFile && Directory.Exists(_paths.Hub))
                {
                    SqliteStore.RefuseEmptied(_paths.Store);
                }

                await using var store = await place.OpenAsync(Environment.MachineName, _time, cancellationToken);
                return await act(store);
            }
            catch (SwarmHeldException) when (tries < TriesMax)
            {
                await Task.Delay(TryPause, _time, cancellationToken);
            }
        }
    }
}
