using Beadswarm.Beads;
using Beadswarm.Diagnosis;
using Beadswarm.Git;
using Beadswarm.Landing.Forges;
using Beadswarm.Processes;
using Beadswarm.Sandboxes;
using Beadswarm.Workspaces;

namespace Beadswarm.Tests.Diagnosis;

public sealed class DiagnosisRulesTests
{
    static readonly Facts Healthy = new() { At = DateTimeOffset.UnixEpoch, GitVersion = "git version 2.39.5" };

    [Fact]
    public void A_healthy_repository_has_no_trouble() => Check(Healthy, "");

    [Theory]
    [InlineData("git version 2.38.0", "")]
    [InlineData("git version 2.50.1 (Apple Git-155)", "")]
    [InlineData("git version 2.43.0.windows.1", "")]
    [InlineData("git version 2.37.9", "git.old")]
    [InlineData("git version 1.8", "git.old")]
    [InlineData(null, "git.missing")]
    public void Git_must_merge_without_a_checkout(string? version, string expected) =>
        Check(Healthy with { GitVersion = version }, expected);

    [Fact]
    public void A_sandbox_that_cannot_be_made_is_told_with_its_remedy()
    {
        var trouble = Check(Healthy with { Sandbox = SandboxTroubles.Missing("not on PATH") }, "sandbox.unusable");

        Assert.Equal((TroubleSeverity.Error, "not on PATH"), (trouble.Severity, trouble.Value));
        Assert.Contains("apt-get install bubblewrap", trouble.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void What_keeps_beads_from_being_proposed_is_told_with_its_remedy()
    {
        ForgeFacts Found(string? version, ForgeTrouble? trouble) =>
            new ForgeFacts.Found("gh", version, new ForgeAddress("github.com", "o", "n"), trouble);
        void Forge(ForgeFacts facts, string expected) => Check(Healthy with { Forge = facts }, expected);

        Forge(Found("gh version 2.23.0 (2023-02-27)", null), "");
        Forge(Found(null, null), "");
        Forge(Found("gh version 1.14.0 (2021-08-04)", null), "forge.old");
        Forge(new ForgeFacts.Missing("gh", "not on PATH"), "forge.missing");
        Forge(new ForgeFacts.Nowhere("origin"), "forge.nowhere");
        Forge(Found(null, new ForgeTrouble.Away("no route")), "forge.away");
        Forge(Found(null, new ForgeTrouble.RateLimited("spent", DateTimeOffset.UnixEpoch)), "forge.limited");
        Forge(Found(null, new ForgeTrouble.Refused("HTTP 422")), "forge.refused");
        var login = Check(
            Healthy with { Forge = Found(null, new ForgeTrouble.Unauthorized("HTTP 401")) }, "forge.login");
        Assert.Contains("gh auth login --hostname github.com", login.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_two_backlogs_the_one_that_holds_less_is_moved_aside()
    {
        var trouble = Check(With(File("issues.jsonl", ("a-1", 5), ("a-2", 5)), File("beads.jsonl", ("a-1", 4))),
            "tracker.two-files fixable");

        Assert.Equal(new Repair.MoveAside("beads.jsonl", "beads.jsonl.superseded"), trouble.Repair);
        Assert.Equal("2 against 1", trouble.Value);
    }

    [Fact]
    public void The_second_backlog_is_kept_when_it_is_the_whole_one()
    {
        var trouble = Check(With(File("issues.jsonl", ("a-1", 4)), File("beads.jsonl", ("a-1", 5))),
            "tracker.two-files fixable");

        Assert.Equal(new Repair.MoveAside("issues.jsonl", "issues.jsonl.superseded"), trouble.Repair);
    }

    [Fact]
    public void Two_backlogs_that_each_know_something_are_left_to_a_person()
    {
        Check(With(File("issues.jsonl", ("a-1", 5)), File("beads.jsonl", ("a-2", 5))), "tracker.two-files");
        Check(With(File("issues.jsonl", ("a-1", 5), ("a-2", 1)), File("beads.jsonl", ("a-2", 2))), "tracker.two-files");
        Check(With(File("issues.jsonl", ("a-1", 5)), new BacklogFile("beads.jsonl", null)), "tracker.two-files");
    }

    [Fact]
    public void A_broken_line_is_named_with_file_and_number()
    {
        var facts = Healthy with { Tracker = new TrackerFacts([], [new("no object", "issues.jsonl", 12)], [], null) };

        Assert.Equal("issues.jsonl:12", Check(facts, "tracker.broken").Value);
    }

    [Theory]
    [InlineData(10, 10, "")]
    [InlineData(12, 10, "tracker.counts")]
    [InlineData(8, 10, "tracker.counts")]
    public void Database_and_file_must_hold_the_same_number(long database, long file, string expected) =>
        Check(
            Healthy with { Tracker = new TrackerFacts([], [], [], new("beads.db", database, "issues.jsonl", file)) },
            expected);

    [Fact]
    public void Beads_that_nobody_works_are_reopened()
    {
        var trouble = Check(
            Healthy with
            {
                Tracker = new TrackerFacts([], [], [new TrackerTrouble.LeftInProgress([BeadId.Parse("a-1")])], null),
            },
            "tracker.left-in-progress fixable");

        Assert.False(trouble.Repair!.NeedsQuiet); // it is fixable
    }

    [Theory]
    [InlineData(nameof(LockKind.User), 1, false, "")]
    [InlineData(nameof(LockKind.User), 60, true, "")]
    [InlineData(nameof(LockKind.User), 60, false, "lock.user")]
    [InlineData(nameof(LockKind.Swarm), 0, false, "lock.swarm fixable")]
    public void A_lock_is_stale_when_nobody_holds_it(string kind, int seconds, bool held, string expected) =>
        Check(
            Healthy with
            {
                Locks = [new FoundLock("x.lock", Enum.Parse<LockKind>(kind), TimeSpan.FromSeconds(seconds), held)],
            },
            expected);

    [Theory]
    [InlineData(0, "branch.stray fixable")]
    [InlineData(3, "branch.unlanded")]
    public void A_branch_with_commits_of_its_own_is_left_to_a_person(int commitsOnlyHere, string expected) =>
        Check(
            Healthy with
            {
                Orphans = [new Orphan.Branch(
                    new BranchName("agent-1/a-1"), CommitId.Parse(new string('a', 40)), commitsOnlyHere)],
            },
            expected);

    [Fact]
    public void What_a_crash_left_in_the_hub_is_put_away() =>
        Check(
            Healthy with
            {
                Orphans = [new Orphan.Folder("7"), new Orphan.Entry("w/7", "7"), new Orphan.StaleLock("HEAD.lock")],
            },
            "workspace.stray fixable; workspace.lost fixable; lock.hub fixable");

    [Fact]
    public void Processes_of_one_stage_are_one_trouble()
    {
        ProcessIdentity[] left = [new(7, 1, "boot"), new(8, 2, "boot")];
        var facts = Healthy with { Processes = [new(left[0], "t", "sleep 100"), new(left[1], "t", "sleep 200")] };

        var trouble = Check(facts, "process.stray fixable");

        Assert.Equal("7, 8", trouble.Value);
        Assert.Equal(left, Assert.IsType<Repair.EndProcesses>(trouble.Repair).Processes);
    }

    [Theory]
    [InlineData(10, 1, 1, 20, "")]
    [InlineData(0, 1, 1, 20, "disk.full")]
    [InlineData(10, 1, 21, 20, "disk.quota")]
    public void Space_is_compared_with_both_limits(long free, long freeMin, long used, long usedMax, string expected) =>
        Check(Healthy with { Disk = new DiskFacts(".", free, freeMin, used, usedMax) }, expected);

    [Fact]
    public void A_store_of_a_later_program_is_an_error() =>
        Check(Healthy with { Store = new StoreFacts.Unusable("swarm.db", "too new") }, "store.unusable");

    [Fact]
    public void A_note_is_no_problem()
    {
        Assert.False(DiagnosisRules.IsProblem(new Trouble("x", TroubleSeverity.Note, "", null, "")));
        Assert.True(DiagnosisRules.IsProblem(new Trouble("x", TroubleSeverity.Warning, "", null, "")));
    }

    static Trouble Check(Facts facts, string expected)
    {
        var troubles = DiagnosisRules.Examine(facts);
        Assert.Equal(
            expected,
            string.Join("; ", troubles.Select(trouble => trouble.Id + (trouble.Repair is null ? "" : " fixable"))));
        return troubles.FirstOrDefault(new Trouble("", TroubleSeverity.Note, "", null, ""));
    }

    static Facts With(params BacklogFile[] files) => Healthy with { Tracker = new TrackerFacts(files, [], [], null) };

    static BacklogFile File(string path, params (string Id, int ChangedAt)[] beads) => new(
        path,
        beads.ToDictionary(
            bead => BeadId.Parse(bead.Id), bead => DateTimeOffset.FromUnixTimeSeconds(bead.ChangedAt)));
}
