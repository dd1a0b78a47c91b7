using System.Text.Json;
using Beadswarm.Agents;
using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Pipelines;
using Beadswarm.Processes;
using Beadswarm.Tests.Processes;

namespace Beadswarm.Tests.Agents;

public sealed class AgentSessionTests : IDisposable
{
    static readonly AgentLimits Generous = new(
        ChildFixture.Patience, ChildFixture.Patience, ChildFixture.NoGrace, 10_000_000);

    readonly ChildFixture _fixture = new();

    public AgentSessionTests() => Directory.CreateDirectory(_fixture["work"]);

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_agent_that_ends_well_without_a_verdict_has_finished() =>
        Assert.Equal(new AgentEnd.Finished(null, null), await Run("exit 0"));

    [Fact]
    public async Task A_verdict_with_findings_is_read()
    {
        var end = await Run(
            """
            cat >"$BEADSWARM_RESULT" <<'EOF2'
            {"verdict":"fail","summary":"no","findings":[
              {"severity":"high","title":"t","file":"a.cs","line":"7"}, "plain"]}
            EOF2
            """);

        var verdict = Assert.IsType<AgentEnd.Finished>(end).Verdict!;
        Assert.False(verdict.Passed);
        Assert.Equal(
            [new Finding("high", "t", null, "a.cs", 7), new Finding("major", "plain", null, null, null)],
            verdict.Findings);
    }

    [Theory]
    [InlineData("echo '{\"verdict\":' >$BEADSWARM_RESULT", "not JSON")]
    [InlineData(": >$BEADSWARM_RESULT", "empty")]
    [InlineData("echo '{\"verdict\":\"maybe\"}' >$BEADSWARM_RESULT", "'maybe'")]
    [InlineData("echo '[]' >$BEADSWARM_RESULT", "expected an object")]
    [InlineData("ln -s /etc/passwd $BEADSWARM_RESULT", "symbolic link")]
    [InlineData("mkfifo $BEADSWARM_RESULT", "regular file")]
    [InlineData("mkdir $BEADSWARM_RESULT", "directory")]
    [InlineData("head -c 2000000 /dev/zero >$BEADSWARM_RESULT", "larger than")]
    [InlineData("rmdir ${BEADSWARM_RESULT%/*} && ln -s /etc ${BEADSWARM_RESULT%/*}", "symbolic link")]
    public async Task A_result_that_cannot_be_used_is_a_problem_with_words(string script, string words)
    {
        var finished = Assert.IsType<AgentEnd.Finished>(await Run(script));

        Assert.Null(finished.Verdict);
        Assert.Contains(words, finished.VerdictProblem, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task An_agent_that_fails_is_quoted()
    {
        var failed = Assert.IsType<AgentEnd.Failed>(await Run("echo working; echo broken >&2; exit 4"));

        Assert.Equal(4, failed.ExitCode);
        Assert.Equal("working\nbroken", failed.OutputTail);
    }

    [Fact]
    public async Task An_agent_that_crashes_is_told_from_one_that_fails() =>
        Assert.Equal(11, Assert.IsType<AgentEnd.Crashed>(await Run("kill -SEGV $$")).Signal);

    [Fact]
    public async Task An_agent_beyond_its_time_is_ended_with_all_it_started()
    {
        var end = await Run(
            "trap '' TERM; sleep 1000 & setsid sleep 1001 & while :; do echo busy; sleep 0.01; done",
            Generous with { StageTimeout = TimeSpan.FromMilliseconds(300) });

        Assert.IsType<AgentEnd.TimedOut>(end);
        Assert.Empty(_fixture.Running());
    }

    [Fact]
    public async Task An_agent_without_output_and_without_changes_is_stalled()
    {
        var end = await Run("sleep 1000", Generous with { IdleTimeout = TimeSpan.FromMilliseconds(600) });

        Assert.IsType<AgentEnd.Stalled>(end);
        Assert.Empty(_fixture.Running());
    }

    [Fact]
    public async Task An_agent_that_floods_its_log_is_ended_and_the_log_is_cut_and_kept()
    {
        var end = await Run("yes", Generous with { LogBytesMax = 100_000 });

        Assert.Equal(new AgentEnd.LogLimit(100_000), end);
        Assert.InRange(new FileInfo(Files.Stdout).Length, 100_000, 101_000);
    }

    [Fact]
    public async Task An_agent_whose_tree_uses_too_much_memory_is_ended_and_what_used_it_is_named()
    {
        // 64 MiB of zeros held in memory by a process that left the agent's session.
        var end = await Run(
            "setsid sh -c 'head -c 67108864 /dev/zero | tail -c 67108864 | (sleep 1000; cat)' >/dev/null & sleep 1000",
            Generous with { MemoryBytesMax = 50_000_000 });

        var limit = Assert.IsType<AgentEnd.MemoryLimit>(end);
        Assert.InRange(limit.Bytes, 50_000_000, 200_000_000);
        Assert.Contains("tail -c", limit.Largest, StringComparison.Ordinal);
        Assert.Empty(_fixture.Running());
    }

    [Theory]
    [InlineData("exit 0")]
    [InlineData("kill -TERM $$")]
    [InlineData("kill -INT $$")]
    [InlineData("kill -KILL $$")]
    public async Task Commands_that_a_cli_leaves_behind_are_gone_however_it_ended(string end)
    {
        // As agent CLIs do: each command in a session of its own, and left behind on any request to end.
        var outcome = await Outcome(
            $"""
            trap 'exit 143' TERM INT
            setsid sleep 1001 >/dev/null 2>&1 &
            (setsid nohup sleep 1002 >/dev/null 2>&1 &)
            {end}
            """);

        Assert.InRange(outcome.Leaks.Ended.Count, 2, int.MaxValue);
        Assert.Empty(outcome.Leaks.Remaining);
        Assert.Empty(ProcessSweep.Members(_fixture.Tag));
    }

    [Fact]
    public async Task A_grandchild_left_behind_is_ended_and_reported()
    {
        var outcome = await Outcome("setsid sleep 1000 >/dev/null 2>&1 & exit 0");

        Assert.Equal(new AgentEnd.Finished(null, null), outcome.End);
        Assert.Single(outcome.Leaks.Ended);
        Assert.Empty(_fixture.Running());
    }

    [Fact]
    public async Task A_program_that_is_not_there_has_failed_to_start()
    {
        var host = Host();
        var session = await host.StartAsync(
            Launch("") with { Runner = new RunnerSpec { Name = "x", Kind = "command", Command = ["no-such-agent"] } },
            Cancellation);

        var end = Assert.IsType<AgentEnd.FailedToStart>((await session.WaitAsync(Cancellation)).End);
        Assert.Null(session.Process);
        Assert.False(end.Transient);
        Assert.Contains("no-such-agent", end.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_agent_ended_by_us_was_killed_and_has_not_failed()
    {
        var session = await Host().StartAsync(Launch("sleep 1000"), Cancellation);

        await session.TerminateAsync("the swarm stops", Cancellation);

        Assert.Equal(new AgentEnd.Killed("the swarm stops"), (await session.WaitAsync(Cancellation)).End);
        Assert.Empty(_fixture.Running());
    }

    [Fact]
    public async Task A_secret_of_ours_is_not_visible_to_the_agent_unless_it_is_named()
    {
        const string Show = "env | cut -d= -f1 | sort >vars; env >values";

        await Run(Show);

        var names = await File.ReadAllLinesAsync(_fixture["work/vars"], Cancellation);
        Assert.DoesNotContain("MY_TOKEN", names);
        Assert.DoesNotContain("BEADSWARM_STORE", names);
        Assert.Contains("BEADSWARM_RESULT", names);
        Assert.Contains("LC_ALL", names);

        await Run(Show, change: launch => launch with
        {
            Runner = launch.Runner with { PassEnvironment = ["MY_TOKEN", "BEADSWARM_STORE"] },
        });

        Assert.Contains("MY_TOKEN=hunter2hunter2", await File.ReadAllLinesAsync(_fixture["work/values"], Cancellation));
        Assert.DoesNotContain("BEADSWARM_STORE", await File.ReadAllTextAsync(_fixture["work/vars"], Cancellation),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_secret_that_an_agent_repeats_is_not_in_what_is_kept_of_it()
    {
        var failed = Assert.IsType<AgentEnd.Failed>(await Run("echo hunter2hunter2; exit 3"));
        var finished = Assert.IsType<AgentEnd.Finished>(await Run(
            """
            echo '{"verdict":"fail","summary":"with hunter2hunter2",
              "findings":[{"title":"t hunter2hunter2","detail":"AKIAABCDEFGHIJKLMNOP"}]}' >$BEADSWARM_RESULT
            echo "contract hunter2hunter2" >$BEADSWARM_CONTEXT/contract.md
            """));

        Assert.Equal("[redacted]", failed.OutputTail);
        Assert.Equal("with [redacted]", finished.Verdict?.Summary);
        Assert.Equal(
            [new Finding("major", "t [redacted]", "[redacted]", null, null)], finished.Verdict?.Findings);
        Assert.Equal(
            "contract [redacted]\n", Host().ReadText(Path.Combine(Files.Context, "contract.md"), 1000));
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite,
            File.GetUnixFileMode(Files.Stdout) & ~UnixFileMode.UserExecute);
    }

    [Fact]
    public async Task The_protocol_says_where_everything_is()
    {
        await Run(
            """
            test "$PWD" = "$BEADSWARM_WORKSPACE" && cat "$BEADSWARM_PROMPT" "$BEADSWARM_BEAD_FILE"
            cat "$BEADSWARM_CONTEXT/feedback.md"
            echo "|$BEADSWARM_AGENT $BEADSWARM_BEAD $BEADSWARM_STAGE $BEADSWARM_ATTEMPT"
            """,
            change: launch => launch with { Context = [new ContextFile("feedback.md", "[feedback]")] });

        Assert.Equal("do it{\"id\":\"bd-1\"}[feedback]|7 bd-1 implement 2\n", await Stdout());
    }

    [Fact]
    public async Task A_prompt_of_many_megabytes_arrives_whole_on_standard_input()
    {
        var prompt = string.Concat(Enumerable.Repeat("ünd so weiter\n", 250_000));

        await Run("wc -c", change: launch => launch with { Prompt = prompt });

        Assert.Equal(System.Text.Encoding.UTF8.GetByteCount(prompt), int.Parse(await Stdout()));
    }

    [Fact]
    public async Task A_living_agent_is_adopted_by_the_next_orchestrator_and_its_end_is_known()
    {
        var go = await _fixture.Pipe("go");
        var script = $"read line <{go}; echo '{{\"verdict\":\"pass\"}}' >$BEADSWARM_RESULT";
        var process = (await Host().StartAsync(Launch(script), Cancellation)).Process!;

        // What the store keeps in between is JSON.
        process = JsonSerializer.Deserialize<AgentProcess>(JsonSerializer.Serialize(process))!;
        var adopted = await Host().TryAdoptAsync(process, Cancellation);
        var ending = adopted!.WaitAsync(Cancellation);
        await File.WriteAllTextAsync(go, "go\n", Cancellation);

        var finished = Assert.IsType<AgentEnd.Finished>((await ending).End);
        Assert.True(finished.Verdict!.Passed);
    }

    [Fact]
    public async Task An_agent_that_ended_while_nobody_watched_is_adopted_with_what_it_left()
    {
        var session = await Host().StartAsync(Launch("exit 6"), Cancellation);
        await session.WaitAsync(Cancellation);

        var adopted = await Host().TryAdoptAsync(session.Process!, Cancellation);

        Assert.Equal(6, Assert.IsType<AgentEnd.Failed>((await adopted!.WaitAsync(Cancellation)).End).ExitCode);
    }

    [Fact]
    public async Task An_adopted_agent_that_vanishes_without_a_record_is_lost()
    {
        var session = await Host().StartAsync(Launch("exec sleep 1000"), Cancellation);
        var adopted = await Host().TryAdoptAsync(session.Process!, Cancellation);

        var ending = adopted!.WaitAsync(Cancellation);
        ProcessSweep.Signal(ProcessSweep.Members(_fixture.Tag), Libc.SignalKill);

        Assert.Equal(new AgentEnd.Lost(), (await ending).End);
    }

    [Fact]
    public async Task Nothing_is_adopted_where_no_trace_is_left()
    {
        var session = await Host().StartAsync(Launch("exit 0"), Cancellation);
        await session.WaitAsync(Cancellation);
        File.Delete(Files.Exit);

        Assert.Null(await Host().TryAdoptAsync(session.Process!, Cancellation));
        Assert.Null(await Host().TryAdoptAsync(
            session.Process! with { SessionFolder = _fixture["none"] }, Cancellation));
    }

    [Fact]
    public async Task Cancelled_waiting_leaves_the_agent_alone_and_can_be_taken_up_again()
    {
        var go = await _fixture.Pipe("go");
        var session = await Host().StartAsync(Launch($"read line <{go}; exit 0"), Cancellation);
        using var cancelled = new CancellationTokenSource();
        var first = session.WaitAsync(cancelled.Token);
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);

        var second = session.WaitAsync(Cancellation);
        await File.WriteAllTextAsync(go, "go\n", Cancellation);

        Assert.Equal(new AgentEnd.Finished(null, null), (await second).End);
    }

    public void Dispose() => _fixture.Dispose();

    AgentFiles Files => new(_fixture["session"]);

    Task<string> Stdout() => File.ReadAllTextAsync(Files.Stdout, Cancellation);

    static AgentHost Host() => new(
        new Dictionary<string, string>
        {
            ["PATH"] = "/usr/bin:/bin",
            ["LC_ALL"] = "C.UTF-8",
            ["MY_TOKEN"] = "hunter2hunter2",
            ["BEADSWARM_STORE"] = "postgres://secret",
        },
        [new CommandRunner()],
        TimeProvider.System);

    async Task<AgentEnd> Run(
        string script, AgentLimits? limits = null, Func<AgentLaunch, AgentLaunch>? change = null) =>
        (await Outcome(script, limits, change)).End;

    async Task<AgentOutcome> Outcome(
        string script, AgentLimits? limits = null, Func<AgentLaunch, AgentLaunch>? change = null)
    {
        var launch = Launch(script) with { Limits = limits ?? Generous };
        var session = await Host().StartAsync((change ?? (same => same))(launch), Cancellation);
        return await session.WaitAsync(Cancellation);
    }

    AgentLaunch Launch(string script) => new()
    {
        Agent = new AgentNumber(7),
        Bead = BeadId.Parse("bd-1"),
        Stage = StageName.Implement,
        Attempt = 2,
        Workspace = _fixture["work"],
        SessionFolder = _fixture["session"],
        Prompt = "do it",
        BeadJson = "{\"id\":\"bd-1\"}",
        Runner = new RunnerSpec { Name = "x", Kind = "command", Command = ["sh", "-c", script] },
        Limits = Generous,
        Tag = _fixture.Tag,
    };
}
