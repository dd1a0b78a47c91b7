using System.CommandLine;
using Beadswarm.Beads;
using Beadswarm.Cli.Rendering;
using Beadswarm.Control;
using Beadswarm.Journal;
using Beadswarm.Landing;
using Beadswarm.Landing.Queueing;
using Beadswarm.Swarms;

namespace Beadswarm.Cli.Commands;

/// <summary>Shows the merge queue in the order in which it lands, and takes a person's orders about it.</summary>
static class QueueCommand
{
    static readonly LineReport NothingKnown = new([], 0, null, null);

    public static Command Create(CliHost host)
    {
        var command = new Command(
            "queue", "Show the beads that wait to land: the next one first, what each waits for, and until when")
        {
            Pause(host),
            Verb(host, "resume", "Let a paused merge queue go on", (_, _) => new QueueRequest.Resume()),
            Eject(host),
            Prioritise(host),
        };
        command.Does(host, async (call, cancellationToken) =>
        {
            var view = await ReadAsync(call, cancellationToken);
            call.Print(call.Json ? view.FormatJson() : view.FormatText(host.Time.GetUtcNow(), host.Width));
            return ExitCodes.Ok;
        });
        return command;
    }

    static Command Pause(CliHost host)
    {
        var reason = new Option<string?>("--reason") { Description = "Why, for the journal", HelpName = "TEXT" };
        var command = Verb(
            host, "pause", "Leave the target branch as it is: agents go on, and nothing lands until 'queue resume'",
            (call, _) => new QueueRequest.Pause(call.Get(reason)));
        command.Options.Add(reason);
        return command;
    }

    static Command Eject(CliHost host)
    {
        var bead = BeadOptions.BeadArgument("The bead that must not land");
        var reason = new Option<string>("--reason")
        {
            Description = "Why, for the bead's dossier",
            HelpName = "TEXT",
            DefaultValueFactory = _ => "no reason was given",
        };
        var command = Verb(
            host, "eject", "Take a bead out of the merge queue and block it; its branch is kept",
            (call, id) => new QueueRequest.Eject(id!.Value, call.Get(reason)!), bead); // it has a default
        command.Options.Add(reason);
        return command;
    }

    static Command Prioritise(CliHost host) => Verb(
        host, "prioritise", "Test a bead alone upon the target, and land it before all others",
        (_, id) => new QueueRequest.First(id!.Value), BeadOptions.BeadArgument("The bead that is to land first"));

    static Command Verb(
        CliHost host, string name, string description, Func<VerbCall, BeadId?, QueueRequest> request,
        Argument<BeadId>? bead = null)
    {
        var command = new Command(name, description);
        if (bead is not null)
        {
            command.Arguments.Add(bead);
        }

        command.Does(host, (call, cancellationToken) =>
        {
            var id = bead is null ? (BeadId?)null : call.Get(bead);
            var asked = request(call, id);
            return PersonalCall.AskAsync(
                call, id,
                (swarm, token) => swarm.AskQueueAsync(asked, token),
                (store, token) => PersonalRequests.QueueAsync(store, asked, token),
                cancellationToken);
        });
        return command;
    }

    static async Task<QueueScreen> ReadAsync(VerbCall call, CancellationToken cancellationToken)
    {
        await using var swarm = SwarmReader.Open(call);
        var queue = await swarm.ReadAsync((store, token) => store.ReadQueueAsync(token), cancellationToken);
        var report = NothingKnown;
        if (swarm.Alive)
        {
            try
            {
                report = await swarm.Client.ReadLineAsync(cancellationToken);
            }
            catch (ControlException error) when (error.Kind == ControlErrorKind.Gone)
            {
                // It ended between two questions: what its lander thought does not matter any more.
            }
        }

        var foreseen = new Dictionary<BeadId, IReadOnlyList<JournalEvent.ConflictForeseen>>();
        foreach (var entry in queue.Entries.Where(entry => entry.State is LandingState.Queued))
        {
            foreseen[entry.Bead] = await swarm.ReadAsync(
                (store, token) => ForeseenText.ReadAsync(store, entry.Bead, entry.ProposedCommit, queue, token),
                cancellationToken);
        }

        return QueueScreen.Of(queue, report, call.Host.Time.GetUtcNow()).Warned(foreseen) with
        {
            Health = await swarm.ReadAsync((store, token) => store.ReadTargetHealthAsync(token), cancellationToken),
        };
    }
}
