using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Configuration;
using Beadswarm.Swarms;

namespace Beadswarm.Tests.Swarms;

/// <summary>Which beads are the swarm's business: shown as <c>id</c> when ready, else as <c>(id)</c>.</summary>
public sealed class BacklogSelectionTests
{
    static readonly DateTimeOffset Now = new(2026, 3, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Open_beads_are_ready_and_what_depends_on_them_waits() =>
        Check("a-1 (a-2)", [Bead("a-1"), Bead("a-2") with { Dependencies = [new("a-1", "blocks", null)] }]);

    [Fact]
    public void Closed_beads_are_not_selected() => Check("a-2", [Bead("a-1", BeadStatus.Closed), Bead("a-2")]);

    [Fact]
    public void A_bead_that_somebody_else_works_on_waits() => Check("(a-1)", [Bead("a-1", BeadStatus.InProgress)]);

    [Fact]
    public void A_bead_that_we_began_is_ready_although_the_tracker_says_in_progress() =>
        Check(
            "a-1", [Bead("a-1", BeadStatus.InProgress)],
            known: [Work("a-1", new BeadState.Pending(new("qa"), null))]);

    [Fact]
    public void A_bead_that_we_gave_up_and_somebody_took_waits() =>
        Check("(a-1)", [Bead("a-1", BeadStatus.InProgress)], known: [Work("a-1", new BeadState.Blocked("why"))]);

    [Fact]
    public void An_epic_with_children_is_no_work_of_its_own() =>
        Check("a-1.1", [Bead("a-1") with { Type = "epic" }, Bead("a-1.1")]);

    [Fact]
    public void Pinned_ephemeral_and_template_beads_are_none_either() => Check(
        "", [Bead("a-1") with { Pinned = true }, Bead("a-2") with { Ephemeral = true },
            Bead("a-3") with { IsTemplate = true }]);

    [Fact]
    public void A_deferred_bead_waits() => Check("(a-1)", [Bead("a-1") with { DeferUntil = Now.AddHours(1) }]);

    [Fact]
    public void A_filter_selects_by_priority_but_keeps_dependencies_in_view() => Check(
        "(a-2)",
        [Bead("a-1") with { Priority = 2 },
            Bead("a-2") with { Priority = 0, Dependencies = [new("a-1", "blocks", null)] }],
        new SelectConfig { Priority = [0] });

    [Fact]
    public void Once_selects_nothing_but_what_was_ready_at_the_start() =>
        Check("a-1", [Bead("a-1"), Bead("a-2")], only: [BeadId.Parse("a-1")]);

    static void Check(
        string expected, Bead[] beads, SelectConfig? select = null, BeadWork[]? known = null, BeadId[]? only = null)
    {
        var entries = BacklogSelection.Select(
            new Backlog(beads), (known ?? []).ToDictionary(work => work.Id), select ?? new SelectConfig(), new Rules(),
            only?.ToHashSet(), Now);
        Assert.Equal(
            expected, string.Join(' ', entries.Select(entry => entry.Ready ? $"{entry.Id}" : $"({entry.Id})")));
    }

    static Bead Bead(string id, string status = BeadStatus.Open) =>
        new() { Id = BeadId.Parse(id), Title = id, Status = status, Priority = 2, CreatedAt = Now, UpdatedAt = Now };

    static BeadWork Work(string id, BeadState state) => new(
        BeadId.Parse(id), id, 2, 0, Now, 0, true, state, 1, 3, 0, Started: true, null, null, null,
        new AgentNumber(1), Now);

    /// <summary>The rules of bd, without a file.</summary>
    sealed class Rules : IBeadTracker
    {
        public TrackerDialect Dialect => TrackerDialect.Bd;

        public TrackerOrder Order => default;

        public IReadOnlyList<string> ListedStatuses => [BeadStatus.Open];

        public Task<Backlog> ReadAsync(CancellationToken cancellationToken) =>
            throw new InvalidOperationException("the backlog is given");

        public Task<IReadOnlyList<BeadId>> ApplyAsync(
            IReadOnlyList<BeadChange> changes, CancellationToken cancellationToken) =>
            throw new InvalidOperationException("nothing is written");

        public Task MergeAsync(TrackerCopy copy, CancellationToken cancellationToken) =>
            throw new InvalidOperationException("nothing is written");

        public Task<TrackerContent?> ReadFileAsync(string repository, CancellationToken cancellationToken) =>
            throw new InvalidOperationException("there is no file");

        public string ChangeStamp() => "";
    }
}
