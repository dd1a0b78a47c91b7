using System.Diagnostics;
using Beadswarm.Auditing;
using Beadswarm.Processes;
using Beadswarm.Storage.Sqlite;
using Beadswarm.Swarms;
using Beadswarm.Tests.Support;
using Beadswarm.Tests.Swarms;

namespace Beadswarm.Tests.Auditing;

/// <summary>Whatever is changed behind the swarm's back is found.</summary>
public sealed class TamperingTests(FinishedSwarm finished) : IClassFixture<FinishedSwarm>
{
    [Fact]
    public async Task A_copy_that_nobody_touched_has_no_findings()
    {
        using var copy = await finished.CopyAsync();

        var report = await AuditAsync(copy);

        Assert.Equal([], report.Findings.Where(IsViolation).Select(Describe));
    }

    [Theory]
    [InlineData("state.beads", "UPDATE bead SET attempt = 2 WHERE id = 't-1'")]
    [InlineData("state.beads", "UPDATE bead SET state = 'completed', detail = 'c', ended_at = 0 WHERE id = 't-3'")]
    [InlineData("state.beads", "UPDATE bead SET infrastructure_failures = 7 WHERE id = 't-3'")]
    [InlineData("attempt.allowed", "UPDATE bead SET attempts_allowed = 99 WHERE id = 't-3'")]
    [InlineData("state.stages", "UPDATE stage_run SET status = 'passed' WHERE status = 'failed'")]
    [InlineData("state.stages", "DELETE FROM artifact; DELETE FROM stage_run WHERE id = 1")]
    [InlineData("state.landings", "UPDATE landing SET detail = 'somewhere else' WHERE state = 'landed'")]
    [InlineData("state.verdicts", "UPDATE gate_result SET status = 'failed'")]
    [InlineData("state.swarm", "UPDATE swarm SET status = 'running'")]
    [InlineData("journal.gaps", "DROP TRIGGER journal_refuses_delete; DELETE FROM journal WHERE sequence = 5")]
    [InlineData(
        "state.beads",
        "DROP TRIGGER journal_refuses_update; "
        + "UPDATE journal SET body = replace(body, '\"ready\":true', '\"ready\":false') WHERE type = 'bead.added'")]
    public async Task A_row_that_was_changed_is_found(string rule, string statement)
    {
        using var copy = await finished.CopyAsync();
        using (var session = SqliteSession.Open(
            new SwarmPaths(copy.Path).Store, writable: true, TimeProvider.System))
        {
            session.Script("PRAGMA foreign_keys = OFF");
            session.Script(statement);
        }

        await FoundAsync(copy, rule);
    }

    [Fact]
    public async Task A_journal_that_was_written_anew_is_found_by_the_seal_of_an_earlier_audit()
    {
        using var copy = await finished.CopyAsync();
        var seal = (await AuditAsync(copy)).Seal;
        using (var session = SqliteSession.Open(
            new SwarmPaths(copy.Path).Store, writable: true, TimeProvider.System))
        {
            session.Script("DROP TRIGGER journal_refuses_update");
            session.Script("UPDATE journal SET body = replace(body, 'Do t-1', 'Do it') WHERE type = 'bead.added'");
        }

        Assert.Equal(["journal.grows"], RepositoryAuditTests.Violated(await AuditAsync(copy, seal)));
        Assert.Empty(RepositoryAuditTests.Violated(await AuditAsync(copy)));
    }

    [Fact]
    public async Task Landed_content_that_was_reverted_is_found()
    {
        using var copy = await finished.CopyAsync();
        SwarmRepository.GitIn(
            copy.Path, "-c", "user.name=x", "-c", "user.email=x@example.org", "revert", "--no-edit", "-m", "1",
            LandingOf(copy, "t-1"));

        var found = Assert.Single((await AuditAsync(copy)).Findings, IsViolation);

        Assert.Equal(("landing.content", "t-1"), (found.Rule.Name, found.Finding.Bead?.Value));
        Assert.Equal("that was not the swarm", found.Finding.Found);
    }

    [Fact]
    public async Task A_target_that_was_rewritten_is_found()
    {
        using var copy = await finished.CopyAsync();
        SwarmRepository.GitIn(copy.Path, "reset", "-q", "--hard", LandingOf(copy, "t-1"));

        await FoundAsync(copy, "landing.present", "target.forward");
    }

    [Fact]
    public async Task A_second_commit_that_names_a_bead_is_found()
    {
        using var copy = await finished.CopyAsync();
        SwarmRepository.GitIn(
            copy.Path, "-c", "user.name=x", "-c", "user.email=x@example.org", "commit", "-q", "--allow-empty", "-m",
            "Again", "-m", "Bead: t-1");

        await FoundAsync(copy, "landing.recorded");
    }

    [Fact]
    public async Task A_landing_that_is_not_the_merge_of_its_parents_is_found()
    {
        using var copy = await finished.CopyAsync();
        var landing = LandingOf(copy, "t-2");

        // What GitHub's queue once did: the tree of a landing lacks what an earlier one brought.
        SwarmRepository.GitIn(copy.Path, "read-tree", landing);
        SwarmRepository.GitIn(copy.Path, "rm", "-q", "--cached", "work/t-1");
        var tree = SwarmRepository.GitIn(copy.Path, "write-tree");
        var evil = SwarmRepository.GitIn(
            copy.Path, "-c", "user.name=x", "-c", "user.email=x@example.org", "commit-tree", tree, "-p", $"{landing}^1",
            "-p", $"{landing}^2", "-m", "t-2", "-m", "Bead: t-2");
        SwarmRepository.GitIn(copy.Path, "update-ref", "refs/heads/main", evil);
        using (var session = SqliteSession.Open(
            new SwarmPaths(copy.Path).Store, writable: true, TimeProvider.System))
        {
            session.Script("DROP TRIGGER journal_refuses_update");
            session.Script($"UPDATE journal SET body = replace(body, '{landing}', '{evil}')");
        }

        Assert.Contains("landing.own", RepositoryAuditTests.Violated(await AuditAsync(copy)));
    }

    [Fact]
    public async Task A_merge_on_a_bead_s_branch_that_drops_what_was_on_the_target_is_found()
    {
        using var copy = await finished.CopyAsync();
        var landing = LandingOf(copy, "t-2");
        var head = SwarmRepository.GitIn(copy.Path, "rev-parse", $"{landing}^2");

        // What "merge -s ours" makes: the target is merged into the branch, and what it had got is left out. The
        // landing is the plain merge of its parents, and nothing of an earlier landing is put back as a whole.
        string Commit(string tree, params string[] parents) => SwarmRepository.GitIn(
            copy.Path,
            [
                "-c", "user.name=x", "-c", "user.email=x@example.org", "commit-tree", tree,
                .. parents.SelectMany(parent => new[] { "-p", parent }), "-m", "t-2", "-m", "Bead: t-2",
            ]);
        SwarmRepository.GitIn(copy.Path, "read-tree", $"{landing}^1");
        SwarmRepository.GitIn(copy.Path, "update-index", "--add", "--cacheinfo",
            $"100644,{SwarmRepository.GitIn(copy.Path, "rev-parse", "main:gate.sh")},mine.txt");
        var target = Commit(SwarmRepository.GitIn(copy.Path, "write-tree"), $"{landing}^1");
        var merge = Commit($"{landing}^{{tree}}", head, target);
        var evil = Commit($"{landing}^{{tree}}", target, merge);
        SwarmRepository.GitIn(copy.Path, "update-ref", "refs/heads/main", evil);
        using (var session = SqliteSession.Open(
            new SwarmPaths(copy.Path).Store, writable: true, TimeProvider.System))
        {
            session.Script("DROP TRIGGER journal_refuses_update");
            session.Script(
                $"UPDATE journal SET body = replace(replace(body, '{landing}', '{evil}'), '{head}', '{merge}')");
            session.Script($"UPDATE landing SET head_commit = '{merge}' WHERE head_commit = '{head}'");
        }

        var violated = RepositoryAuditTests.Violated(await AuditAsync(copy)).ToArray();
        Assert.Contains("landing.change", violated);
        Assert.DoesNotContain("landing.own", violated);
        Assert.DoesNotContain("landing.content", violated);
    }

    [Theory]
    [InlineData("t-3", "blocked", "closed\",\"close_reason\":\"landed as 0123", "tracker.early")]
    [InlineData("t-1", "closed", "open", "tracker.agrees")]
    [InlineData("t-3", "blocked", "open", "tracker.agrees")]
    public async Task A_bead_that_was_changed_in_the_tracker_is_found(string bead, string from, string to, string rule)
    {
        using var copy = await finished.CopyAsync();
        await EditAsync(copy, bead, $"\"status\":\"{from}\"", $"\"status\":\"{to}\"");

        await FoundAsync(copy, rule);
    }

    [Fact]
    public async Task What_a_person_closes_afterwards_is_worth_a_note_and_no_violation()
    {
        using var copy = await finished.CopyAsync();
        await EditAsync(copy, "t-3", "\"status\":\"blocked\"", "\"status\":\"closed\",\"close_reason\":\"not needed\"");

        var report = await AuditAsync(copy);

        Assert.Equal(0, report.Violations);
        Assert.Contains(report.Findings, found => found is { Rule.Name: "tracker.early", Finding.Bead.Value: "t-3" });
    }

    [Fact]
    public async Task A_branch_that_was_deleted_is_found_when_nothing_else_holds_its_work()
    {
        using var copy = await finished.CopyAsync();
        SwarmRepository.GitIn(
            copy[".beadswarm/hub.git"], "-c", "core.hooksPath=/dev/null", "update-ref", "-d", "refs/heads/agent-1/t-3");

        await FoundAsync(copy, "work.kept");
    }

    [Fact]
    public async Task What_is_left_over_is_found()
    {
        using var copy = await finished.CopyAsync();
        await File.WriteAllTextAsync(copy[".beadswarm/hub.git/refs/heads/x.lock"], "", Cancel);
        Directory.CreateDirectory(copy[".beadswarm/workspaces/77"]);
        await File.WriteAllTextAsync(copy[".git/index.lock"], "beadswarm main a b\n", Cancel);
        var tag = $"{SwarmAssembly.TagPrefix(copy.Path)}/t-1/1/implement";
        using var left = Process.Start(new ProcessStartInfo("sleep", "300")
        {
            Environment = { [ProcessSweep.TagVariable] = tag },
        })!; // not by the shell: a process is always returned
        try
        {
            await FoundAsync(copy, "left.locks", "left.workspaces", "left.processes");
        }
        finally
        {
            left.Kill();
        }
    }

    static async Task FoundAsync(TemporaryFolder copy, params string[] rules)
    {
        var violated = RepositoryAuditTests.Violated(await AuditAsync(copy)).ToArray();
        Assert.True(rules.All(violated.Contains), $"found {string.Join(", ", violated)}");
    }

    static async Task EditAsync(TemporaryFolder copy, string bead, string from, string to)
    {
        var file = copy[".beads/issues.jsonl"];
        var lines = await File.ReadAllLinesAsync(file, Cancel);
        var edited = lines.Select(line => line.Contains($"\"id\":\"{bead}\"", StringComparison.Ordinal)
            ? line.Replace(from, to, StringComparison.Ordinal) : line).ToArray();
        Assert.NotEqual(lines, edited);
        await File.WriteAllLinesAsync(file, edited, Cancel);
    }

    static string LandingOf(TemporaryFolder copy, string bead) =>
        SwarmRepository.GitIn(copy.Path, "log", "--first-parent", "--format=%H", $"--grep=^Bead: {bead}$", "main");

    static async Task<AuditReport> AuditAsync(TemporaryFolder copy, JournalSeal? earlier = null) =>
        (await RepositoryAudit.RunAsync(RepositoryAuditTests.ScopeOf(copy.Path, earlier), Cancel))!.Value.Report;

    static bool IsViolation(RuledFinding found) => found.Finding.Severity == AuditSeverity.Violation;

    static string Describe(RuledFinding found) => $"{found.Rule.Name}: {found.Finding.What}: {found.Finding.Found}";

    static CancellationToken Cancel => TestContext.Current.CancellationToken;
}
