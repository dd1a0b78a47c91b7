using System.Globalization;
using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Cli.Rendering;
using Beadswarm.Journal;
using Beadswarm.Landing;
using Beadswarm.Swarms;

namespace Beadswarm.Cli;

/// <summary>All that is known about one bead when somebody asks why it is where it is.</summary>
/// <param name="Work">What the swarm knows; null when it never saw it.</param>
/// <param name="Bead">What the tracker says; null when it is gone from there.</param>
/// <param name="Against">Why the tracker does not list it as ready.</param>
sealed record WhyFacts(
    BeadId Id, BeadWork? Work, Bead? Bead, IReadOnlyList<string> Against, LandingQueue Queue,
    StatusSnapshot Status, bool Alive, DateTimeOffset Now)
{
    /// <summary>The conflicts that await its work.</summary>
    public IReadOnlyList<JournalEvent.ConflictForeseen> Foreseen { get; init; } = [];

    /// <summary>What the gates of the whole last said of the target; null where they are not run.</summary>
    public TargetHealth? Health { get; init; }
}

/// <summary>Says in words where a bead stands and why nobody, or who, works on it.</summary>
static class WhyRules
{
    /// <summary>One word for where it stands.</summary>
    public static string State(WhyFacts facts) =>
        facts.Work is null ? facts.Bead?.Status ?? "unknown" : facts.Work.State switch
        {
            BeadState.Pending => "pending",
            BeadState.Held => "in progress",
            BeadState.Landing => "landing",
            BeadState.Completed => "landed",
            BeadState.Left => "left",
            BeadState.Blocked => "blocked",
            BeadState.Withdrawn => "withdrawn",
        };

    /// <summary>The reasons, the deciding one first.</summary>
    public static IReadOnlyList<string> Explain(WhyFacts facts) =>
        facts.Work is null ? Unknown(facts) : facts.Work.State switch
        {
            BeadState.Pending pending => [.. Pending(facts, facts.Work, pending), .. Foreseen(facts), .. Red(facts)],
            BeadState.Held held => [Held(facts, held), .. Foreseen(facts), .. Red(facts)],
            BeadState.Landing => [Queued(facts), .. Foreseen(facts), .. Red(facts)],
            BeadState.Completed completed => [$"it landed as {completed.Commit} at {At(completed.At)}"],
            BeadState.Left left => [$"it is finished and waits on branch '{left.Branch}' for a person"],
            BeadState.Blocked blocked => [blocked.Reason],
            BeadState.Withdrawn => ["it was closed, deleted or deselected before the swarm finished it"],
        };

    static IReadOnlyList<string> Unknown(WhyFacts facts) =>
        facts.Bead is { Unfinished: false } ?
        [
            $"its status in the tracker is {facts.Bead.Status}"
                + (facts.Bead.CloseReason is { Length: > 0 } reason ? $": {reason}" : ""),
        ]
        : facts.Against.Count > 0 ? facts.Against
        : facts.Status.Swarm is null ? ["it is ready; no swarm has run here yet"]
        : ["it is ready, but no run has selected it so far: see the filters of 'beadswarm run'"];

    /// <summary>Of interest to those that are on their way onto it.</summary>
    static IReadOnlyList<string> Red(WhyFacts facts) =>
        facts.Health is { Red: not null } health ? [health.Say()] : [];

    static List<string> Pending(WhyFacts facts, BeadWork work, BeadState.Pending pending)
    {
        var reasons = new List<string>();
        if (pending.NotBefore is { } until && until > facts.Now)
        {
            reasons.Add($"it is snoozed until {At(until)}, in {Spans.Format(until - facts.Now)}");
        }

        // A bead that was begun is in_progress in the tracker because of us; that is no reason against it.
        reasons.AddRange(work.Started || work.Ready ? [] : facts.Against);
        if (reasons.Count == 0)
        {
            reasons.Add(work.Ready || work.Started
                ? $"it waits for an agent that serves '{pending.Stage}'"
                : "it was not ready when the backlog was last read");
        }

        if (!facts.Alive)
        {
            reasons.Add("no swarm is running; 'beadswarm run' goes on");
        }

        return reasons;
    }

    static string Held(WhyFacts facts, BeadState.Held held)
    {
        var agent = facts.Status.Agents.FirstOrDefault(agent => agent.Agent == held.Agent && agent.Bead == facts.Id);
        var since = agent is null ? "" : $" for {Spans.Format(facts.Now - agent.Since)}";
        return facts.Alive
            ? $"agent {held.Agent} works on it at stage '{held.Stage}'{since}"
            : $"agent {held.Agent} had it at stage '{held.Stage}' when the swarm ended; 'beadswarm run' goes on there";
    }

    static string Queued(WhyFacts facts)
    {
        var queue = facts.Queue.Entries;
        var position = queue.TakeWhile(entry => entry.Bead != facts.Id).Count();
        var where = queue.ElementAtOrDefault(position)?.PullRequest is { } pull
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"it passed every stage; its pull request #{pull.Number} waits for {pull.Waits}: {pull.Url}")
            : position < queue.Count
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"it passed every stage and is number {position + 1} of {queue.Count} in the merge queue since ")
                + At(queue[position].QueuedAt)
            : "it passed every stage and is about to land";
        return facts.Queue.Pause is { } pause
            ? $"{where}, which is paused since {At(pause.Since)}{(pause.Reason is { } why ? $": {why}" : "")}"
            : where;
    }

    static IEnumerable<string> Foreseen(WhyFacts facts) =>
        facts.Foreseen.Select(conflict => $"it {ForeseenText.Say(conflict)}");

    static string At(DateTimeOffset at) => at.UtcDateTime.ToString("u", CultureInfo.InvariantCulture);
}
