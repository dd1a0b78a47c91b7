using Beadswarm.Claims;
using Beadswarm.Journal;
using Beadswarm.Storage;
using Beadswarm.Supervision;
using Beadswarm.Waiting;

namespace Beadswarm.Swarms;

/// <summary>
/// What follows from the failure of a component: it is counted, the journal says so once for each reason however many
/// fail, an agent that is parked is marked, and what the swarm cannot do without ends it in good order.
/// </summary>
sealed class FailureReport(SwarmParts parts, IReadOnlyList<AgentSlot> slots)
{
    readonly Lock _lock = new();
    readonly Bell _counted = new();
    readonly StormDigest _restarts = new(parts.Config.Limits.RestartWindow);
    readonly StormDigest _parkings = new(parts.Config.Limits.RestartWindow);
    readonly HashSet<AgentNumber> _parked = [];

    /// <summary>The name under which an agent is supervised.</summary>
    public static string NameOf(AgentSlot slot) => $"agent {slot.Number}";

    /// <summary>What a supervisor reports to.</summary>
    public async Task TellAsync(ComponentFailure failure, CancellationToken cancellationToken)
    {
        if (failure.Error is SwarmFencedException)
        {
            // No failure of its own, and the journal is another one's: the monitor looks, and ends this orchestrator.
            parts.Bell.Ring();
            return;
        }

        if (failure.Decision is RestartDecision.Hold)
        {
            var held = parts.Admission.Hold($"too little is free on the disk; make room ({failure.Error.Message})");
            await parts.Room.TellAsync(held, cancellationToken);
            return;
        }

        var now = parts.Time.GetUtcNow();
        var parked = failure.Decision is RestartDecision.Park;
        var slot = slots.FirstOrDefault(slot => NameOf(slot) == failure.Component.Name);
        parts.Failures.ComponentFailed(failure.Component.Name, failure.Error.Message);
        if (parked && Loss(failure, slot) is { } reason)
        {
            parts.Failures.Lost(reason);
        }

        parts.Bell.Ring();
        if (Note(failure, parked, now) is { } told)
        {
            await JournalAsync(told, parked, cancellationToken);
        }

        if (parked && slot is not null)
        {
            await parts.Store.SetAgentStatusAsync(
                parts.Epoch, slot.Number, AgentStatus.Parked, failure.Error.Message, cancellationToken);
        }

        parts.Bell.Ring();
    }

    /// <summary>Tells what was only counted, when its pause is over.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        while (true)
        {
            var heard = _counted.Listen();
            if (Pending())
            {
                await Task.Delay(parts.Config.Limits.RestartWindow, parts.Time, stop);
                await TellAsync(digest => digest.Due(parts.Time.GetUtcNow()), stop);
            }
            else
            {
                await _counted.WaitAsync(heard, stop);
            }
        }
    }

    /// <summary>Tells all that was only counted: nothing will follow.</summary>
    public Task EndAsync(CancellationToken cancellationToken) =>
        TellAsync(digest => digest.Rest(), cancellationToken);

    async Task TellAsync(
        Func<StormDigest, IReadOnlyList<Told>> which, CancellationToken cancellationToken)
    {
        IReadOnlyList<Told> restarts, parkings;
        lock (_lock)
        {
            (restarts, parkings) = (which(_restarts), which(_parkings));
        }

        foreach (var told in restarts)
        {
            await JournalAsync(told, parked: false, cancellationToken);
        }

        foreach (var told in parkings)
        {
            await JournalAsync(told, parked: true, cancellationToken);
        }
    }

    Task JournalAsync(Told told, bool parked, CancellationToken cancellationToken) =>
        parts.Store.AppendAsync(
            null, null,
            new JournalEvent.ComponentFailed(
                string.Join(", ", told.Who) + (told.Count > told.Who.Count ? " and others" : ""), told.Reason, parked,
                told.Count > 1 ? told.Count : null),
            cancellationToken);

    Told? Note(ComponentFailure failure, bool parked, DateTimeOffset now)
    {
        Told? told;
        lock (_lock)
        {
            told = (parked ? _parkings : _restarts).Note(FailureText.Of(failure.Error), failure.Component.Name, now);
        }

        if (told is null)
        {
            _counted.Ring();
        }

        return told;
    }

    bool Pending()
    {
        lock (_lock)
        {
            return _restarts.Pending || _parkings.Pending;
        }
    }

    /// <summary>Why the swarm cannot go on without what was parked; null when the others can.</summary>
    string? Loss(ComponentFailure failure, AgentSlot? slot)
    {
        if (failure.Component.Essential)
        {
            return $"{failure.Component.Name} failed too often: {failure.Error.Message}";
        }

        lock (_lock)
        {
            return slot is not null && _parked.Add(slot.Number)
                && slots.Where(other => other.Role == slot.Role).All(other => _parked.Contains(other.Number))
                    ? $"every agent of role {slot.Role} failed too often: {failure.Error.Message}"
                    : null;
        }
    }
}
