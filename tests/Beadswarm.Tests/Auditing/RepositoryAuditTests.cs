using Beadswarm.Auditing;
using Beadswarm.Beads;
using Beadswarm.Configuration;
using Beadswarm.Tests.Swarms;

namespace Beadswarm.Tests.Auditing;

/// <summary>Real swarms have no findings, however they ended.</summary>
public sealed class RepositoryAuditTests : IDisposable
{
    const string WaitInImplement =
        """
        if [ $BEADSWARM_STAGE = implement ] && [ ! -e "$R/.beadswarm/once" ]; then
          touch "$R/.beadswarm/once"; echo here > "$R/.beadswarm/arrived"; read go < "$R/.beadswarm/go"
        fi
        """;

    readonly SwarmRepository _repository = new();

    [Theory]
    [InlineData("queue", false)]
    [InlineData("integration", false)]
    [InlineData("branch", false)]
    [InlineData("queue", true)]
    public async Task A_finished_swarm_has_no_findings(string mode, bool squash)
    {
        _repository.Bead("t-1").Bead("t-2", 2, "t-1").Commit();

        await _repository.RunAsync(_repository.Config(agents: 2, change: config => config with
        {
            Landing = config.Landing with
            {
                Mode = Enum.Parse<LandingMode>(mode, ignoreCase: true),
                Squash = squash,
            },
        }));

        var report = await CleanAsync();
        Assert.Equal(AuditMoment.Completed, report.Moment);
        Assert.Equal(["journal.grows"], report.Skipped.Select(skipped => skipped.Rule.Name));
    }

    [Fact]
    public async Task A_swarm_on_a_remote_has_no_findings_and_the_remote_is_what_is_looked_at()
    {
        _repository.Bead("t-1").Commit();
        var remote = _repository.AddOrigin();
        await _repository.RunAsync(_repository.Config(agents: 1, change: config =>
            config with { Landing = config.Landing with { Remote = "origin" } }));

        await CleanAsync();
        SwarmRepository.GitIn(remote, "update-ref", "refs/heads/main", "main~2");
        var rewritten = await AuditAsync();
        _repository.Git("remote", "remove", "origin");
        var unreachable = await AuditAsync();

        Assert.Contains("landing.present", Violated(rewritten));
        Assert.Contains(
            unreachable.Skipped, skipped => skipped.Rule.Name == "landing.present" && skipped.Why.Contains("origin"));
    }

    [Fact]
    public async Task What_a_person_merged_from_the_side_is_the_swarm_s_all_the_same()
    {
        _repository.Bead("t-1").Commit();
        await _repository.RunAsync(_repository.Config(agents: 1));
        _repository.Git("checkout", "-q", "-b", "mine", "main~2");
        _repository.Write("mine.txt", "mine");
        _repository.Git("add", "mine.txt");
        _repository.Git("commit", "-qm", "Mine");
        _repository.Git("merge", "-q", "--no-edit", "main");
        _repository.Git("branch", "-f", "main", "mine");

        await CleanAsync();
    }

    [Fact]
    public async Task A_running_swarm_is_audited_as_of_one_moment_and_for_what_must_always_hold()
    {
        _repository.Bead("t-1").Agent(WaitInImplement).Commit();
        var (arrived, go) = (_repository.Fifo("arrived"), _repository.Fifo("go"));
        await using var run = await _repository.StartAsync(_repository.Config(agents: 1));
        await arrived.LineAsync();

        var report = await CleanAsync();
        go.Release();
        await SwarmRepository.EndAsync(run);

        Assert.Equal(AuditMoment.Running, report.Moment);
        Assert.Contains(
            report.Skipped, skipped => skipped is { Rule.Name: "left.processes", Why: "a swarm is at work" });
        Assert.DoesNotContain(report.Skipped, skipped => skipped.Rule.Name is "state.beads" or "landing.present");
    }

    [Fact]
    public async Task A_killed_and_a_stopped_swarm_have_no_findings_and_neither_has_what_became_of_them()
    {
        _repository.Bead("t-1").Bead("t-2").Agent(WaitInImplement).Commit();
        var (arrived, go) = (_repository.Fifo("arrived"), _repository.Fifo("go"));
        using var child = SwarmChild.Start(_repository);
        await arrived.LineAsync();
        await child.KillAsync();

        var killed = await CleanAsync();
        await using (var run = await _repository.StartAsync(_repository.Config(agents: 1)))
        {
            run.Drain("a person asked");
            go.Release();
            await SwarmRepository.EndAsync(run);
        }

        var stopped = await CleanAsync();
        await _repository.RunAsync(_repository.Config(agents: 1), setup => setup with { Resume = true });
        var completed = await CleanAsync(killed.Seal);

        Assert.Equal(
            (AuditMoment.Interrupted, AuditMoment.Stopped, AuditMoment.Completed),
            (killed.Moment, stopped.Moment, completed.Moment));
        Assert.Empty(completed.Skipped);
    }

    [Fact]
    public async Task Nothing_is_written_by_an_audit()
    {
        _repository.Bead("t-1").Commit();
        await _repository.RunAsync(_repository.Config(agents: 1));
        var before = Files();

        await CleanAsync();

        Assert.Equal(before, Files());
    }

    IReadOnlyList<string> Files() =>
    [
        .. Directory.EnumerateFiles(_repository.Path, "*", SearchOption.AllDirectories)
            // SQLite's own, made to read a file and gone with the reader.
            .Where(path => !path.EndsWith("-wal", StringComparison.Ordinal)
                && !path.EndsWith("-shm", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            // Of an object that it would make, and that is there already, git notes that it is still wanted.
            .Select(path => path.Contains("/objects/", StringComparison.Ordinal)
                ? path
                : $"{path} {File.GetLastWriteTimeUtc(path):O}"),
    ];

    async Task<AuditReport> CleanAsync(JournalSeal? earlier = null)
    {
        var report = await AuditAsync(earlier);
        Assert.True(report.Violations == 0, string.Join('\n', report.Findings.Select(found =>
            $"{found.Rule.Name}: {found.Finding.What}: {found.Finding.Found}")));
        return report;
    }

    async Task<AuditReport> AuditAsync(JournalSeal? earlier = null) =>
        (await RepositoryAudit.RunAsync(ScopeOf(_repository.Path, earlier), Cancel))!.Value.Report; // a swarm was there

    internal static AuditScope ScopeOf(string repository, JournalSeal? earlier = null) => new(
        repository, SwarmRepository.Environment, TimeProvider.System, "main", null, TrackerDialect.Bd, "beadswarm",
        earlier);

    internal static IEnumerable<string> Violated(AuditReport report) => report.Findings
        .Where(found => found.Finding.Severity == AuditSeverity.Violation).Select(found => found.Rule.Name).Distinct();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _repository.Dispose();
}
