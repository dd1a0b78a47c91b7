using System.CommandLine;
using System.Text;
using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Cli.Rendering;
using Beadswarm.Pipelines;
using Beadswarm.Storage;

namespace Beadswarm.Cli.Commands;

/// <summary>Tells why a bead is where it is; of a blocked one, everything a person needs to decide.</summary>
static class WhyCommand
{
    const int OutputLines = 200;

    public static Command Create(CliHost host)
    {
        var bead = BeadOptions.BeadArgument("The id of the bead");
        var command = new Command("why", "Tell why a bead is where it is, with everything about a blocked one")
        {
            bead,
        };
        command.Does(host, async (call, cancellationToken) =>
        {
            var id = call.Get(bead);
            await using var swarm = SwarmReader.Open(call);
            var facts = await ReadAsync(call, swarm, id, cancellationToken);
            if (facts.Work is null && facts.Bead is null)
            {
                throw new UserError(
                    $"there is no bead '{id}', neither in the tracker nor in the swarm",
                    "'beadswarm beads' lists them", ExitCodes.NotFound);
            }

            if (facts.Work is { State: BeadState.Blocked } work)
            {
                var dossier = await DossierAsync(call, swarm, facts, work, cancellationToken);
                call.PrintLine(call.Json ? dossier.ToJson() : SafeText.Lines(dossier.ToMarkdown()).TrimEnd());
            }
            else
            {
                call.Print(call.Json ? FormatJson(facts) : FormatText(facts));
            }

            return ExitCodes.Ok;
        });
        return command;
    }

    static async Task<WhyFacts> ReadAsync(
        VerbCall call, SwarmReader swarm, BeadId id, CancellationToken cancellationToken)
    {
        var work = await swarm.ReadAsync((store, token) => store.ReadBeadAsync(id, token), cancellationToken);
        var queue = await swarm.ReadAsync((store, token) => store.ReadQueueAsync(token), cancellationToken);
        var status = await swarm.ReadAsync((store, token) => store.ReadStatusAsync(token), cancellationToken);
        var sources = await Settings.ReadAsync(call.RepositoryPath, call.Host, [], cancellationToken);
        var beads = await Candidates.ReadAsync(
            call.RepositoryPath, Settings.Load(sources).Config, call.Host.Time, cancellationToken);
        var bead = beads.Graph.Find(id);
        return new WhyFacts(
            id, work, bead, bead is null ? [] : beads.ReasonsAgainst(bead), queue, status, swarm.Alive,
            call.Host.Time.GetUtcNow())
        {
            Health = await swarm.ReadAsync((store, token) => store.ReadTargetHealthAsync(token), cancellationToken),
            Foreseen = work is null
                ? []
                : await swarm.ReadAsync(
                    (store, token) => ForeseenText.ReadAsync(
                        store, id,
                        queue.Entries.FirstOrDefault(entry => entry.Bead == id)?.ProposedCommit ?? work.HeadCommit,
                        queue, token),
                    cancellationToken),
        };
    }

    static async Task<Dossier> DossierAsync(
        VerbCall call, SwarmReader swarm, WhyFacts facts, BeadWork work, CancellationToken cancellationToken)
    {
        var runs = await swarm.ReadAsync(
            (store, token) => store.ReadHistoryAsync(facts.Id, null, Dossier.RunsMax, token), cancellationToken);
        var artifacts = await swarm.ReadAsync(
            (store, token) => store.ReadArtifactsAsync(facts.Id, token), cancellationToken);
        var last = runs.Count > 0 ? runs[^1] : null;
        var log = last is null ? null : Path.Combine(call.RepositoryPath, last.SessionFolder, "stdout.log");
        return new Dossier
        {
            Bead = facts.Bead ?? new Bead { Id = facts.Id, Title = work.Title },
            State = WhyRules.State(facts),
            Reason = WhyRules.Explain(facts)[0],
            Attempt = work.Attempt,
            AttemptsAllowed = work.AttemptsAllowed,
            InfrastructureFailures = work.InfrastructureFailures,
            Runs =
            [
                .. runs.Select(run => new DossierRun(
                    run.Stage, run.Attempt, run.Agent.Value, run.Status, run.Summary, run.StartedAt,
                    run.CompletedAt - run.StartedAt)),
            ],
            LastFeedback = runs.LastOrDefault(run => run.Feedback is not null)?.Feedback,
            LastOutput = Output(artifacts)
                ?? (log is null ? null : string.Join('\n', new LogFile(log).ReadTail(OutputLines))),
            LogPath = log,
            Workspace = last?.Workspace,
            Branch = last?.Branch,
            BaseCommit = work.BaseCommit,
            HeadCommit = work.HeadCommit,
            LookAt = [$"beadswarm logs --bead {facts.Id}", $"beadswarm history --bead {facts.Id}"],
        };
    }

    /// <summary>What the gates printed last, which is what failed more often than what an agent said.</summary>
    static string? Output(IReadOnlyList<StoredArtifact> artifacts) =>
        artifacts.LastOrDefault(artifact => artifact.Kind is ArtifactKind.TestOutput or ArtifactKind.GateReport)
            is { } output
            ? Encoding.UTF8.GetString(output.Content.Span)
            : null;

    static string FormatJson(WhyFacts facts) =>
        JsonLine.Object(json =>
        {
            json.WriteString("bead", facts.Id.Value);
            json.WriteString("title", facts.Bead?.Title ?? facts.Work?.Title);
            json.WriteString("state", WhyRules.State(facts));
            json.WriteNumberOrNull("attempt", facts.Work?.Attempt);
            json.WriteNumberOrNull("attemptsAllowed", facts.Work?.AttemptsAllowed);
            json.WriteStartArray("reasons");
            foreach (var reason in WhyRules.Explain(facts))
            {
                json.WriteStringValue(reason);
            }

            json.WriteEndArray();
        }) + "\n";

    static string FormatText(WhyFacts facts)
    {
        var text = new StringBuilder();
        text.Append(SafeText.Line($"{facts.Id}: {facts.Bead?.Title ?? facts.Work?.Title}")).Append('\n');
        text.Append("state: ").Append(WhyRules.State(facts));
        if (facts.Work is { Started: true } work)
        {
            text.Append(
                System.Globalization.CultureInfo.InvariantCulture,
                $", attempt {work.Attempt} of {work.AttemptsAllowed}");
        }

        text.Append('\n');
        foreach (var reason in WhyRules.Explain(facts))
        {
            text.Append("- ").Append(SafeText.Line(reason)).Append('\n');
        }

        return text.ToString();
    }
}
