using Beadswarm.EndToEnd.Tests.Audit;
using Beadswarm.EndToEnd.Tests.Chaos;
using Beadswarm.EndToEnd.Tests.Support;
using Beadswarm.Journal;
using Beadswarm.Storage;
using Beadswarm.Tests.Support.Forges;

namespace Beadswarm.EndToEnd.Tests;

/// <summary>
/// The built program lands by pull requests: the real gh, a stand-in of GitHub that answers over HTTPS, and a real
/// repository behind it.
/// </summary>
public sealed class PullRequestTests : IAsyncDisposable
{
    // The first try of a-2 is one that only the forge's own check does not like.
    const string Agent =
        """
        case $BEADSWARM_STAGE in
        implement)
          mkdir -p src
          printf 'status: done\nattempt %s\n' $BEADSWARM_ATTEMPT > src/$BEADSWARM_BEAD.txt ;;
        qa-enforcer)
          echo '{"verdict":"pass"}' > "$BEADSWARM_RESULT" ;;
        esac

        """;

    readonly GitRepository _repository = new();
    StandInForge? _forge;

    public async ValueTask DisposeAsync()
    {
        if (_forge is not null)
        {
            await _forge.DisposeAsync();
        }

        _repository.Dispose();
    }

    [Fact]
    [Trait("Speed", "slow")]
    public async Task A_swarm_lands_by_pull_requests_through_a_red_check_an_outage_and_a_kill()
    {
        var forge = Forge(squash: false, "a-1", "a-2", "a-3");
        forge.Strict = true;
        var (made, killed) = (Signal(), Signal());
        var asked = 0;
        forge.Before = _ => Interlocked.Increment(ref asked) is 6 or 7
            ? new HttpReply(503, "<html>Unicorn</html>")
            : null;
        forge.After = async request =>
        {
            if (request is { Method: "POST", Path: var path } && path.EndsWith("/pulls", StringComparison.Ordinal)
                && made.TrySetResult())
            {
                // The first one is there, and whoever asked for it never hears of it.
                await killed.Task;
                return false;
            }

            return true;
        };
        forge.Checks = (_, head) =>
        [
            new StandInCheck(
                "lint",
                Conclusion: forge.Git.File(head, "src/a-2.txt")?.EndsWith("attempt 1", StringComparison.Ordinal) == true
                    ? "FAILURE"
                    : "SUCCESS"),
        ];

        await using (var run = RunningSwarm.Start(_repository))
        {
            await made.Task.WaitAsync(Machine.Patience, Machine.Cancel);
            await run.KillAsync();
        }

        killed.SetResult();
        var summary = Summary.Of(await _repository.MustAsync(0, "run", "--format", "json"));

        Assert.Equal((3, 0, 0, 4), (summary.Landed, summary.Blocked, summary.Pending, summary.Attempts));
        Assert.Equal(
            ["beadswarm/a-1/pull-request", "beadswarm/a-2/pull-request", "beadswarm/a-3/pull-request"],
            forge.Pulls.Select(pull => pull.HeadRef).Order(StringComparer.Ordinal));
        Assert.All(forge.Pulls, pull => Assert.Equal("MERGED", pull.State));
        Assert.Equal("status: done\nattempt 2", forge.Git.File("main", "src/a-2.txt"));
        Assert.Equal("main", forge.Git.Must("branch", "--format=%(refname:short)"));
        Assert.Equal(_repository.Git("rev-parse", "main"), forge.Git.Branch("main"));
        await _repository.MustAsync(0, "audit");
    }

    [Fact]
    [Trait("Speed", "slow")]
    public async Task What_a_pull_request_waits_for_is_shown_and_what_a_person_decides_is_followed()
    {
        var forge = Forge(squash: false, "a-1");
        forge.Checks = (_, _) => [new StandInCheck("build", "IN_PROGRESS")];

        await using var run = RunningSwarm.Start(_repository);
        await run.WaitForAsync(line => line.GetProperty("type").GetString() == "landing.proposed"
            && line.GetProperty("waits").GetString() == "checks: build");
        var url = $"https://{forge.Address}/pull/1";
        Assert.Contains($"a-1: pull request #1 waits for checks: build ({url})", await SaysAsync("queue"));
        Assert.Contains("\"state\":\"proposed\"", await SaysAsync("queue", "--format", "json"));
        Assert.Contains($"its pull request #1 waits for checks: build: {url}", await SaysAsync("why", "a-1"));
        Assert.Contains("pull request #1 waits for checks: build", await SaysAsync("status"));
        forge.Merge(forge.Pulls[0]);
        var summary = Summary.Of(await run.EndAsync());

        Assert.Equal((1, 0), (summary.Landed, summary.ExitCode));
        await _repository.MustAsync(0, "audit");
    }

    [Fact]
    [Trait("Speed", "slow")]
    public async Task A_death_between_any_two_steps_leaves_one_pull_request_that_is_merged_once()
    {
        var forge = Forge(squash: true, "a-1");
        Orchestrator.Expect(_repository);
        Death[] deaths =
        [
            // Pushed, made, merged, its branch removed: each done, and not recorded.
            new Death.At(new Boundary(Boundary.Settling + EffectKind.PullRequestBranch, Side.Before), 1),
            new Death.At(new Boundary(Boundary.Intending + EffectKind.PullRequest, Side.After), 1),
            new Death.At(new Boundary(Boundary.Settling + EffectKind.PullRequest, Side.Before), 1),
            new Death.At(new Boundary($"{nameof(IStore)}.{nameof(IStore.IntendLandingsAsync)}", Side.Before), 2),
            new Death.At(new Boundary(Boundary.Settling + EffectKind.PullRequestEnd, Side.Before), 1),
        ];
        foreach (var death in deaths)
        {
            Assert.True(await Orchestrator.DiesAsync(_repository, death), $"{death} did not happen");
        }

        await _repository.MustAsync(0, "run", "--format", "json");

        Assert.Equal("MERGED", Assert.Single(forge.Pulls).State);
        Assert.Single(forge.Requests, request => request.StartsWith("PUT ", StringComparison.Ordinal));
        Assert.Equal("main", forge.Git.Must("branch", "--format=%(refname:short)"));
        Assert.Single(
            (await SwarmRecords.ReadAsync(_repository)).Journal, entry => entry.Event is JournalEvent.BeadLanded);
        await _repository.MustAsync(0, "audit");
    }

    static TaskCompletionSource Signal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    async Task<string> SaysAsync(params string[] arguments) => (await _repository.MustAsync(0, arguments)).Out;

    StandInForge Forge(bool squash, params string[] beads)
    {
        _repository.Tracker([.. beads.Select(bead => new BeadLine(bead))]).Write("gate.sh", "true\n").Commit();
        _repository.AddOrigin();
        var forge = _forge = new StandInForge(_repository.Origin);
        _repository
            .Write(".beadswarm/agent.sh", Agent)
            .Write(".beadswarm/gh", Wrapper(forge))
            .Write(
                ".beadswarm/swarm.yaml",
                $$"""
                agents: 3
                runner: script
                runners:
                  script: { kind: command, command: [/bin/sh, "{{_repository[".beadswarm/agent.sh"]}}"] }
                pipeline:
                  stages:
                    - { name: implement, progressRequired: true }
                    - { name: qa-enforcer, verdictRequired: true, gates: [] }
                gates:
                  check: { run: "sh gate.sh" }
                landing:
                  mode: pull-request
                  squash: {{(squash ? "true" : "false")}}
                  remote: origin
                  pullRequest:
                    program: "{{_repository[".beadswarm/gh"]}}"
                    repository: "{{forge.Address}}"
                    poll: 1s
                    checksAppear: 0s
                limits: { grace: 2s, retryDelayMin: 10ms, retryDelayMax: 50ms }

                """);
        File.SetUnixFileMode(
            _repository[".beadswarm/gh"], UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return forge;
    }

    /// <summary>The real gh, as a user would have logged it in: whoever starts it needs to know nothing.</summary>
    static string Wrapper(StandInForge forge) =>
        "#!/bin/sh\n"
        + string.Concat(forge.Environment.Select(variable => $"export {variable.Key}='{variable.Value}'\n"))
        + $"exec '{Gh.Program}' \"$@\"\n";
}
