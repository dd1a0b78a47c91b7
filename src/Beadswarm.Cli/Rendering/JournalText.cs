using System.Globalization;
using Beadswarm.Journal;
using Beadswarm.Landing;
using Beadswarm.Swarms;

namespace Beadswarm.Cli.Rendering;

/// <summary>Journal entries as lines for people: time, who, what. Every case has its words here.</summary>
static class JournalText
{
    const int CommitDigits = 10;

    /// <summary>The entry as one line, or null when only programs care for it.</summary>
    public static string? Format(JournalEntry entry, TimeZoneInfo zone)
    {
        if (Say(entry.Event) is not { } what)
        {
            return null;
        }

        var at = TimeZoneInfo.ConvertTime(entry.At, zone).ToString("HH:mm:ss", CultureInfo.InvariantCulture);
        var agent = entry.Agent is { } number ? $"agent {number} " : "";
        var bead = entry.Bead is { } id ? $"{id} " : "";
        return SafeText.Line($"{at} {agent}{bead}{what}");
    }

    static string? Say(JournalEvent entry) =>
        entry switch
        {
            JournalEvent.SwarmStarted started =>
                $"swarm {(started.Continued ? "continued" : "started")} with {started.Agents} agents"
                + (started.Target is { } target ? $", target {target}" : "")
                + (started.Limit is { } limit ? $", limit {limit}" : ""),
            JournalEvent.GateRequired => null,
            JournalEvent.SwarmStatusChanged changed => $"swarm {changed.Status}{Because(changed.Reason)}",
            JournalEvent.SwarmEnded => null,
            JournalEvent.NodeJoined joined =>
                $"node {joined.Node} {(joined.Holder ? "holds the swarm" : "joined")}"
                + (joined.Agents > 0 ? $", agents {new AgentBlock(joined.FirstAgent, joined.Agents)}" : ""),
            JournalEvent.NodeLeft left => $"node {left.Node} left{Because(left.Reason)}",
            JournalEvent.NodeLost lost =>
                $"node {lost.Node} was LOST: not heard of until {lost.ExpiredAt.UtcDateTime:HH:mm:ss}Z",
            JournalEvent.AgentStatusChanged changed =>
                string.Equals(changed.Status, "parked", StringComparison.OrdinalIgnoreCase)
                    ? $"parked{Because(changed.Reason)}"
                    : null,
            JournalEvent.BeadAdded => null,
            JournalEvent.BeadReady ready => ready.Ready ? "is ready" : "is not ready any more",
            JournalEvent.BeadWithdrawn => "withdrawn: closed, deleted or deselected by somebody else",
            JournalEvent.BeadRevived revived =>
                $"taken up again by {revived.By}, {revived.AttemptsAllowed} attempts allowed",
            JournalEvent.BeadClaimed claimed => $"claimed at {claimed.Stage}, attempt {claimed.Attempt}",
            JournalEvent.BeadReleased released => $"released at {released.Stage}: {released.Reason}"
                + (released.NotBefore is { } until ? $" (not before {until.UtcDateTime:HH:mm:ss}Z)" : ""),
            JournalEvent.BeadAdopted adopted => $"taken over at {adopted.Stage} from an earlier orchestrator",
            JournalEvent.LeaseExpired expired => $"lease expired at {expired.Stage}; the bead is free again",
            JournalEvent.StageStarted started => $"{started.Stage} started, attempt {started.Attempt}",
            JournalEvent.ProcessStarted => null,
            JournalEvent.ProcessesLeaked leaked =>
                $"{leaked.Stage} left {leaked.Ended + leaked.Remaining} running: {leaked.Processes}; "
                + (leaked.Remaining == 0 ? "ended" : $"{leaked.Remaining} could not be ended"),
            JournalEvent.AgentUsed => null,
            JournalEvent.PlanUsed used => $"planner {used.Runner} used "
                + CostText.Tokens(used.InputTokens + used.OutputTokens + used.CacheReadTokens + used.CacheWriteTokens)
                + (used.CostUsd is { } usd
                    ? string.Create(CultureInfo.InvariantCulture, $" tokens, {usd:0.00##} USD")
                    : " tokens; what they cost is unknown"),
            JournalEvent.BudgetUnmeasured unmeasured =>
                $"money is limited, and runner {unmeasured.Runner} is not counted: {unmeasured.Reason}",
            JournalEvent.RunnerLimited limited => Limited(limited),
            JournalEvent.StageEnded ended =>
                $"{ended.Stage} {ended.Status.ToLowerInvariant()} after {Span(ended.DurationMs)}: {ended.Summary}"
                + $" → {Next(ended)}",
            JournalEvent.BeadBlocked blocked => $"BLOCKED: {blocked.Reason}",
            JournalEvent.GateRan gate =>
                $"gate {gate.Gate} {gate.Status.ToLowerInvariant()} on {Short(gate.Commit)}"
                + $" after {Span(gate.DurationMs)}",
            JournalEvent.GateFlaky flaky =>
                $"gate {flaky.Gate} is FLAKY: passed on {Short(flaky.Commit)} after it had failed on the same tree",
            JournalEvent.GateQuarantined quarantined =>
                $"gate {quarantined.Gate} is quarantined: it is run and recorded, and its failures hold nothing up",
            JournalEvent.BaselineLowered lowered => $"gate {lowered.Gate}: baseline is {lowered.Count} now",
            JournalEvent.ConflictForeseen foreseen =>
                $"will conflict with {foreseen.Other ?? Short(foreseen.OtherHead)}"
                + $"{(foreseen.Landed ? ", which has landed," : "")} in {foreseen.Files}",
            JournalEvent.LandingQueued queued => $"queued to land {Short(queued.HeadCommit)}",
            JournalEvent.ConflictResolved resolved =>
                $"conflict in {resolved.File} resolved by {resolved.By}",
            JournalEvent.LandingIntended => null,
            JournalEvent.LandingVoided voided => $"landing tried again: {voided.Reason}",
            JournalEvent.LandingProposed proposed =>
                $"pull request #{proposed.Number} waits for {proposed.Waits} ({proposed.Url})",
            JournalEvent.LandingIntegrated integrated => $"integrated as {Short(integrated.Commit)}",
            JournalEvent.LandingWished { Wish: "first" } => "is to land before all others",
            JournalEvent.LandingWished wished => $"is to leave the merge queue{Because(wished.Reason)}",
            JournalEvent.QueuePaused paused => $"merge queue paused{Because(paused.Reason)}",
            JournalEvent.QueueResumed => "merge queue resumed",
            JournalEvent.LandingReturned returned => $"came back from landing: {returned.Reason} → {returned.Next}",
            JournalEvent.LandingLeft left => $"left for a person on {left.Branch}",
            JournalEvent.BeadLanded landed => $"LANDED as {Short(landed.Commit)}",
            JournalEvent.LandingLost lost => $"LOST from the target: {lost.Reason}",
            JournalEvent.LandingBroke broke => $"BREAKS the target: {broke.Reason}",
            JournalEvent.TargetTested => null,
            JournalEvent.TargetJudged judged => TargetHealth.Of(judged, default).Say(),
            JournalEvent.EpicCompleted => "all its children are closed, and so is it",
            JournalEvent.TrackerTold => null,
            JournalEvent.TrackerCommitted committed => $"tracker committed as {Short(committed.Commit)}",
            JournalEvent.EffectIntended => null,
            JournalEvent.EffectDone => null,
            JournalEvent.RecoveryFound found => $"recovery: {found.Finding}; {found.Action}",
            JournalEvent.ComponentHeld held => $"{held.Component} waits: {held.Reason}",
            JournalEvent.ComponentFailed failed =>
                (failed.Count is { } count ? $"{count} times: " : "")
                + $"{failed.Component} failed: {failed.Error}; {(failed.Parked ? "parked" : "restarted")}",
        };

    static string Because(string? reason) => reason is null ? "" : $": {reason}";

    static string Short(string commit) => commit.Length > CommitDigits ? commit[..CommitDigits] : commit;

    static string Span(long milliseconds) => Spans.Format(TimeSpan.FromMilliseconds(milliseconds));

    static string Limited(JournalEvent.RunnerLimited limited) => limited switch
    {
        { Until: { } until } => string.Create(
            CultureInfo.InvariantCulture, $"{limited.Account}: no agent before {until.UtcDateTime:HH:mm:ss} UTC, ")
            + $"then one tries ({limited.Reason})",
        _ when limited.AtOnce >= limited.Agents => $"{limited.Account}: all {limited.Agents} agents at once again",
        _ => $"{limited.Account}: {limited.AtOnce} of {limited.Agents} agents at once",
    };

    // Which agent goes on is not news; where the bead goes is.
    static string Next(JournalEvent.StageEnded ended) => ended switch
    {
        { NextStage: { } stage, NextAttempt: { } attempt } when attempt != ended.Attempt =>
            $"{stage}, attempt {attempt}",
        { NextStage: { } stage } => stage == ended.Stage ? $"{stage} again" : stage,
        { Next: "block" } => "blocked",
        _ => ended.Next,
    };
}
