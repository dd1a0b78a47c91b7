using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Journal;
using Beadswarm.Pipelines;

namespace Beadswarm.EndToEnd.Tests.Audit;

/// <summary>The audit of a journal finds what is wrong with one that was broken on purpose.</summary>
public sealed class JournalAuditTests
{
    static readonly DateTimeOffset At = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    static readonly BeadId Bead = BeadId.Parse("a-1");

    static readonly JournalEvent[] Sound =
    [
        new JournalEvent.SwarmStarted(1, "here", 1, null, null, Continued: false, "implement"),
        new JournalEvent.BeadAdded("Do a-1", 2, Ready: true, "implement"),
        new JournalEvent.BeadClaimed("implement", 1, 1, At),
        new JournalEvent.StageStarted(1, "implement", 1, "agent-1/a-1", "ba5e"),
        new JournalEvent.StageEnded(1, "implement", 1, "failed", "red", "c0de", "keep", 5, "implement", 2),
        new JournalEvent.StageStarted(2, "implement", 2, "agent-1/a-1", "ba5e"),
        new JournalEvent.BeadReleased("implement", "the swarm stopped", null),
        new JournalEvent.BeadClaimed("implement", 2, 2, At),
        new JournalEvent.StageStarted(3, "implement", 2, "agent-1/a-1", "ba5e"),
        new JournalEvent.StageEnded(3, "implement", 2, "passed", "done", "c0de", "land", 5),
        new JournalEvent.LandingQueued(1, "c0de"),
        new JournalEvent.GateRan("check", "cand", "tree", "passed", 0, "1234", 5),
        new JournalEvent.LandingIntended(1, "ba5e", "cand", "tree"),
        new JournalEvent.BeadLanded(1, "cand", "cand"),
    ];

    [Fact]
    public void A_sound_journal_has_no_findings() => Assert.Empty(Find(Sound));

    [Fact]
    public void A_gap_is_found()
    {
        var entries = Entries(Sound).Where(entry => entry.Sequence != 5).ToArray();

        Assert.Contains(
            new JournalAudit(["check"]).Check(entries, Completed),
            finding => finding.Contains("entry 5 has the sequence 6"));
    }

    [Fact]
    public void A_landing_that_was_not_intended_is_found() =>
        Found("was never intended", Without<JournalEvent.LandingIntended>());

    [Fact]
    public void A_landing_whose_gate_did_not_run_is_found() =>
        Found("without gate check", Without<JournalEvent.GateRan>());

    [Fact]
    public void A_landing_whose_gate_ran_on_another_tree_or_failed_is_found()
    {
        Found("without gate check", With<JournalEvent.GateRan>(gate => gate with { Tree = "other" }));
        Found("without gate check", With<JournalEvent.GateRan>(gate => gate with { Status = "failed" }));
    }

    [Fact]
    public void A_landing_of_something_else_than_was_intended_is_found() =>
        Found("was never intended", With<JournalEvent.BeadLanded>(landed => landed with { Commit = "other" }));

    [Fact]
    public void A_second_landing_is_found() => Found("lands a-1 again", [.. Sound, Sound[^1]]);

    [Fact]
    public void A_token_that_does_not_grow_is_found() =>
        Found("does not grow", With<JournalEvent.BeadClaimed>(claimed => claimed with { Token = 1 }));

    [Fact]
    public void An_attempt_that_falls_is_found() => Found(
        "from attempt 2 back to 1",
        With<JournalEvent.BeadClaimed>(claimed => claimed.Token == 2 ? claimed with { Attempt = 1 } : claimed));

    [Fact]
    public void A_stage_that_never_ended_is_found() => Found(
        "began and never ended", [.. Sound, new JournalEvent.StageStarted(4, "implement", 2, "b", "ba5e")]);

    [Fact]
    public void A_stage_that_ends_twice_is_found() => Found("which is not open", [.. Sound, Sound[9]]);

    [Fact]
    public void A_table_that_says_something_else_is_found() => Assert.Contains(
        new JournalAudit(["check"]).Check(
            Entries(Sound), [Work(new BeadState.Pending(new StageName("implement"), null))]),
        finding => finding.Contains("the journal says"));

    [Fact]
    public void A_bead_that_is_still_held_is_found() => Assert.Contains(
        new JournalAudit(["check"]).Check(Entries(Sound[..^2]), [Work(new BeadState.Landing())]),
        finding => finding.Contains("the swarm has ended and a-1 is"));

    static IReadOnlyList<BeadWork> Completed => [Work(new BeadState.Completed("cand", At))];

    static BeadWork Work(BeadState state) => new(
        Bead, "Do a-1", 2, 0, At, 0, Ready: true, state, 2, 3, 0, Started: false, "ba5e", "c0de", "tree",
        new AgentNumber(1), At);

    static JournalEvent[] Without<T>() => [.. Sound.Where(entry => entry is not T)];

    static JournalEvent[] With<T>(Func<T, T> change) where T : JournalEvent =>
        [.. Sound.Select(entry => entry is T wanted ? change(wanted) : entry)];

    static IReadOnlyList<JournalEntry> Entries(IEnumerable<JournalEvent> events) =>
    [
        .. events.Select((entry, index) => new JournalEntry(
            index + 1, At, 1, entry is JournalEvent.SwarmStarted ? null : Bead, new AgentNumber(1), entry)),
    ];

    static void Found(string expected, JournalEvent[] events) =>
        Assert.Contains(Find(events), finding => finding.Contains(expected));

    static IReadOnlyList<string> Find(JournalEvent[] events) =>
        new JournalAudit(["check"]).Check(Entries(events), Completed);
}
