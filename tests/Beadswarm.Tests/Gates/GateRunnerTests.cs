using System.Security.Cryptography;
using Beadswarm.Gates;
using Beadswarm.Tests.Processes;

namespace Beadswarm.Tests.Gates;

public sealed class GateRunnerTests : IDisposable
{
    readonly ChildFixture _fixture = new();
    readonly Ledger _ledger = new();
    readonly Checkout _checkout = new();

    public GateRunnerTests() => Directory.CreateDirectory(_fixture["tree"]);

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Exit_code_zero_passes_and_the_log_is_hashed()
    {
        var result = await Run(new GateSpec { Name = "g", Run = "echo out; echo err >&2" });

        Assert.Equal(GateStatus.Passed, result.Status);
        Assert.Equal(0, result.ExitCode);
        Assert.Equal("out\nerr", result.OutputTail);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData("out\nerr\n"u8)), result.LogSha256);
    }

    [Fact]
    public async Task Another_exit_code_fails()
    {
        var result = await Run(new GateSpec { Name = "g", Run = "echo no; exit 3" });

        Assert.Equal((GateStatus.Failed, 3, "exit code 3"), (result.Status, result.ExitCode, result.Reason));
    }

    [Fact]
    public async Task A_gate_beyond_its_timeout_fails_and_nothing_of_it_is_left()
    {
        var result = await Run(new GateSpec
        {
            Name = "g",
            Run = "trap '' TERM; sleep 1000 & setsid sleep 1001 & wait; wait",
            Timeout = TimeSpan.FromMilliseconds(200),
        });

        Assert.Equal(GateStatus.Failed, result.Status);
        Assert.Null(result.ExitCode);
        Assert.StartsWith("not done after 0.2 s", result.Reason, StringComparison.Ordinal);
        Assert.Empty(_fixture.Running());
    }

    [Fact]
    public async Task A_daemon_that_a_gate_leaves_behind_is_ended_and_named()
    {
        var result = await Run(new GateSpec { Name = "g", Run = "setsid sleep 1234 >/dev/null 2>&1 & exit 0" });

        Assert.Equal(GateStatus.Passed, result.Status);
        Assert.Contains("left running: ", result.Reason, StringComparison.Ordinal);
        Assert.Empty(_fixture.Running());
    }

    [Fact]
    public async Task A_gate_killed_from_outside_gives_no_verdict() =>
        Assert.Equal(GateStatus.NoVerdict, (await Run(new GateSpec { Name = "g", Run = "kill -KILL $$" })).Status);

    [Fact]
    public async Task A_gate_that_floods_its_log_is_ended_and_fails()
    {
        var result = await Run(
            new GateSpec { Name = "g", Run = "yes" }, new GateLimits { LogBytesMax = 10_000, Grace = default });

        Assert.Equal(GateStatus.Failed, result.Status);
        Assert.Equal(10_000, new FileInfo(result.LogPath).Length);
    }

    [Fact]
    public async Task A_directory_at_another_commit_gives_no_verdict_and_nothing_is_run()
    {
        _checkout.States.Enqueue(new CheckoutState("other", []));

        var result = await Run(new GateSpec { Name = "g", Run = "touch ran" });

        Assert.Equal(GateStatus.NoVerdict, result.Status);
        Assert.False(File.Exists(_fixture["tree/ran"]));
    }

    [Fact]
    public async Task A_directory_that_is_not_clean_gives_no_verdict()
    {
        _checkout.States.Enqueue(new CheckoutState("c1", ["left-over.txt"]));

        Assert.Contains("left-over.txt", (await Run(new GateSpec { Name = "g", Run = "true" })).Reason,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_gate_that_changes_tracked_files_is_undone()
    {
        _checkout.States.Enqueue(new CheckoutState("c1", []));
        _checkout.States.Enqueue(new CheckoutState("c1", ["formatted.cs"]));

        await Run(new GateSpec { Name = "g", Run = "true" });

        Assert.Equal([(_fixture["tree"], "c1")], _checkout.Restored);
    }

    [Fact]
    public async Task A_folder_that_is_at_another_commit_when_the_gate_ends_gives_no_verdict_and_is_left_alone()
    {
        _checkout.States.Enqueue(new CheckoutState("c1", []));
        _checkout.States.Enqueue(new CheckoutState("c2", ["somebody's.txt"]));

        var result = await Run(new GateSpec { Name = "g", Run = "true" });

        Assert.Equal(GateStatus.NoVerdict, result.Status);
        Assert.Contains("was moved to c2", result.Reason, StringComparison.Ordinal);
        Assert.Equal([], _checkout.Restored);
    }

    [Fact]
    public async Task The_same_tree_and_recipe_are_not_run_twice()
    {
        var spec = new GateSpec { Name = "g", Run = "echo x >>../runs; exit 1" };
        await Run(spec);

        var again = await Run(spec);

        Assert.Equal(GateStatus.Failed, again.Status);
        Assert.Equal("x\n", _fixture.Output("runs"));
        await Run(spec with { Run = spec.Run + " " });
        await Run(spec with { Cached = false });
        Assert.Equal("x\nx\nx\n", _fixture.Output("runs"));
    }

    [Fact]
    public async Task A_timeout_is_tried_again()
    {
        var spec = new GateSpec { Name = "g", Run = "echo x >>../runs; exec sleep 1000" };
        var slow = spec with { Timeout = TimeSpan.FromMilliseconds(50) };

        await Run(slow);
        await Run(slow);

        Assert.Equal("x\nx\n", _fixture.Output("runs"));
    }

    [Fact]
    public async Task More_matches_than_the_baseline_fail()
    {
        _ledger.Baselines["g"] = 2;
        const string Colours = "printf 'warning\\n\\033[33mwarning\\033[0m\\n'";
        var spec = new GateSpec { Name = "g", Run = Colours, CountPattern = "^warning$" };

        var held = await Run(spec);
        Assert.Equal((GateStatus.Passed, 2), (held.Status, held.Count));

        _ledger.Baselines["g"] = 1;
        var grew = await Run(spec);
        Assert.Equal(GateStatus.Failed, grew.Status);
        Assert.Equal("2 counted, at most 1 are allowed", grew.Reason);
    }

    [Fact]
    public async Task A_pattern_that_takes_for_ever_gives_no_verdict_and_a_remedy()
    {
        var spec = new GateSpec
        {
            Name = "g",
            Run = "printf '%040d\\n' 0",
            CountPattern = "^(0+)+(?=1)",
        };

        var result = await Run(spec);

        Assert.Equal(GateStatus.NoVerdict, result.Status);
        Assert.Contains("write gates.*.countPattern without", result.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_failing_leak_check_found_is_removed_by_its_cleanup()
    {
        await File.WriteAllTextAsync(_fixture["tree/test-database"], "", Cancellation);
        var spec = new GateSpec { Name = "leaks", Run = "! test -e test-database", Cleanup = "rm test-database" };

        var result = await Run(spec);

        Assert.Equal(GateStatus.Failed, result.Status);
        Assert.False(File.Exists(_fixture["tree/test-database"]));
        Assert.Contains("[cleanup: rm test-database]", result.OutputTail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cancelling_ends_the_gate_and_records_nothing()
    {
        var started = await _fixture.Pipe("started");
        using var cancel = new CancellationTokenSource();

        var running = Runner().RunAsync(
            Gate(new GateSpec { Name = "g", Run = $"echo yes >{started}; sleep 1000" }), cancel.Token);
        await ChildFixture.Read(started);
        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        Assert.Empty(_ledger.Results);
        Assert.Empty(_fixture.Running());
    }

    [Fact]
    public async Task A_gate_sees_no_secret_and_no_secret_is_quoted()
    {
        var result = await Run(new GateSpec { Name = "g", Run = "echo \"[$MY_TOKEN]\"; echo hunter2hunter2" });

        Assert.Equal("[]\n[redacted]", result.OutputTail);
    }

    public void Dispose() => _fixture.Dispose();

    Task<GateResult> Run(GateSpec spec, GateLimits? limits = null) =>
        Runner(limits).RunAsync(Gate(spec), Cancellation);

    GateRun Gate(GateSpec spec) =>
        new(spec, _fixture["tree"], "c1", "t1", _fixture["logs/gate.log"], _fixture.Tag);

    GateRunner Runner(GateLimits? limits = null) => new(
        new GateCommands(
            new Dictionary<string, string> { ["PATH"] = "/usr/bin:/bin", ["MY_TOKEN"] = "hunter2hunter2" },
            [],
            _checkout,
            limits ?? new GateLimits { Grace = ChildFixture.NoGrace },
            TimeProvider.System),
        _ledger,
        gatesMax: 2);

    /// <summary>A ledger in memory.</summary>
    sealed class Ledger : IGateLedger
    {
        public List<GateResult> Results { get; } = [];

        public Dictionary<string, int> Baselines { get; } = [];

        public Task<GateResult?> FindAsync(string tree, string recipe, CancellationToken cancellationToken) =>
            Task.FromResult(Results.LastOrDefault(result => result.Tree == tree && result.Recipe == recipe));

        public Task RecordAsync(GateRun run, GateResult result, CancellationToken cancellationToken)
        {
            Results.Add(result);
            return Task.CompletedTask;
        }

        public Task<int?> BaselineAsync(string gate, CancellationToken cancellationToken) =>
            Task.FromResult(Baselines.TryGetValue(gate, out var count) ? count : (int?)null);
    }

    /// <summary>A checkout that says what the test queued, else that it is clean.</summary>
    sealed class Checkout : IGateCheckout
    {
        public Queue<CheckoutState> States { get; } = [];

        public List<(string, string)> Restored { get; } = [];

        public Task<CheckoutState> InspectAsync(string directory, CancellationToken cancellationToken) =>
            Task.FromResult(States.TryDequeue(out var state) ? state : new CheckoutState("c1", []));

        public Task RestoreAsync(string directory, string commit, CancellationToken cancellationToken)
        {
            Restored.Add((directory, commit));
            return Task.CompletedTask;
        }
    }
}
