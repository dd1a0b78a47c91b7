using System.Text.Json;
using Beadswarm.EndToEnd.Tests.Audit;
using Beadswarm.EndToEnd.Tests.Support;
using Beadswarm.Processes;

namespace Beadswarm.EndToEnd.Tests;

/// <summary>start, stop and attach: a swarm without a terminal, which only they and its own end can end.</summary>
public sealed class DaemonTests
{
    static readonly BeadLine[] Beads =
        [.. Enumerable.Range(1, 6).Select(number => new BeadLine($"a-{number}") { Age = number })];

    const string Hangs =
        """{ "rules": [ { "stage": "implement", "attempt": 1, "actions": [ { "do": "hang" } ] } ] }""";

    [Fact]
    public async Task A_started_swarm_is_followed_to_its_end_and_attach_has_its_exit_code()
    {
        using var repository = Scenario.Repository(Beads, agents: 2, script: Scenario.Waiting("a-2"));
        var before = Baseline.Take(repository);
        await using var daemon = await Daemon.StartAsync(repository);

        var status = await JsonAsync(repository, "status");
        var entry = ProcessTable.Find(daemon.Id)!.Value;
        Assert.Equal((daemon.Id, daemon.Id), (entry.Session, entry.Group));
        Assert.Equal(daemon.Id, status.GetProperty("supervision").GetProperty("pid").GetInt32());
        var components = Components(status);
        while (!components.Contains("monitor"))
        {
            // The last to begin, when it answers already.
            Machine.Cancel.ThrowIfCancellationRequested();
            components = Components(await JsonAsync(repository, "status"));
        }

        Assert.Equal(
            ["leases", "failures", "tracker", "reaper", "foresight", "watch", "lander", "monitor"], components);

        foreach (var verb in (string[])["start", "run"])
        {
            var held = await repository.MustAsync(5, verb);
            Assert.Contains($"process {daemon.Id}", held.Error);
            Assert.Contains("beadswarm attach", held.Error);
        }

        Scenario.GoOn(repository);
        var followed = await repository.MustAsync(0, "attach", "--format", "json");
        Assert.Equal(Beads.Length, Summary.Of(followed).Landed);
        Assert.StartsWith("{\"type\":\"swarm.started\"", followed.Out);
        Assert.Equal(
            Summary.Of(followed), Summary.Of(await repository.MustAsync(0, "attach", "--format", "json")));

        Assert.Equal("completed", (await JsonAsync(repository, "status")).GetProperty("state").GetString());
        Assert.EndsWith(followed.Out, repository.Read(".beadswarm/swarm.log"));
        await daemon.GoneAsync();
        await OutsideAudit.PassAsync(repository, before);
    }

    static string[] Components(JsonElement status) =>
    [
        .. status.GetProperty("supervision").GetProperty("components").EnumerateArray()
            .Select(component => component.GetProperty("name").GetString()!), // each has one
    ];

    [Fact]
    public async Task Stop_ends_the_agents_waits_for_the_process_and_may_be_said_twice()
    {
        using var repository = Scenario.Repository([new("a-1")], agents: 1, script: Hangs);
        await using var daemon = await Daemon.StartAsync(repository);
        await using var attached = RunningSwarm.Attach(repository);
        await HangingAsync(attached);

        var stopped = await repository.MustAsync(0, "stop");

        Assert.Contains("the swarm has ended\nstopped: 0 of 1 landed", stopped.Out);
        Assert.False(daemon.Runs);
        Assert.DoesNotContain(SurroundingsAudit.Processes(repository.Root), line => !line.Contains("attach"));
        Assert.Equal(130, Summary.Of(await attached.EndAsync()).ExitCode);
        Assert.StartsWith("no swarm runs here", (await repository.MustAsync(0, "stop")).Out);
    }

    [Fact]
    public async Task A_graceful_stop_lets_stages_finish_and_the_next_start_goes_on()
    {
        using var repository = Scenario.Repository(Beads, agents: 2, script: Scenario.Waiting("a-2"));
        var before = Baseline.Take(repository);
        await using var daemon = await Daemon.StartAsync(repository);
        await using var attached = RunningSwarm.Attach(repository);
        await attached.WaitForAsync("bead.landed");

        var stopping = repository.MustAsync(0, "stop", "--graceful");
        await attached.WaitForAsync("swarm.status");
        Scenario.GoOn(repository);
        await stopping;

        Assert.Equal(3, Summary.Of(await attached.EndAsync()).ExitCode);
        Assert.DoesNotContain("interrupted", (await repository.MustAsync(0, "history", "--format", "json")).Out);
        await using var next = await Daemon.StartAsync(repository, "--resume");
        Assert.Equal(Beads.Length, Summary.Of(await repository.MustAsync(0, "attach", "--format", "json")).Landed);
        await next.GoneAsync();
        await OutsideAudit.PassAsync(repository, before);
    }

    [Fact]
    public async Task A_graceful_stop_that_takes_too_long_ends_the_agents()
    {
        using var repository = Scenario.Repository([new("a-1")], agents: 1, script: Hangs);
        await using var daemon = await Daemon.StartAsync(repository);
        await using var attached = RunningSwarm.Attach(repository);
        await HangingAsync(attached);

        await repository.MustAsync(0, "stop", "--graceful", "--timeout", "0.02");

        Assert.Equal(130, Summary.Of(await attached.EndAsync()).ExitCode);
        Assert.False(daemon.Runs);
    }

    [Fact]
    public async Task Leaving_an_attached_swarm_or_closing_a_terminal_does_not_touch_it()
    {
        using var repository = Scenario.Repository([new("a-1")], agents: 1, script: Hangs);
        await using var daemon = await Daemon.StartAsync(repository);
        await using (var attached = RunningSwarm.Attach(repository))
        {
            await HangingAsync(attached);
            attached.Signal(RunningSwarm.Interrupt);
            Assert.Equal(15, (await attached.EndAsync()).ExitCode);
        }

        Machine.Signal(daemon.Id, RunningSwarm.HangUp);

        var status = await JsonAsync(repository, "status");
        Assert.Equal("running", status.GetProperty("state").GetString());
        Assert.Equal(daemon.Id, status.GetProperty("supervision").GetProperty("pid").GetInt32());
        await repository.MustAsync(0, "stop");
    }

    [Fact]
    public async Task A_killed_swarm_is_told_from_a_stopped_one_and_the_next_start_takes_over()
    {
        using var repository = Scenario.Repository([new("a-1")], agents: 1, script: Hangs);
        await using var daemon = await Daemon.StartAsync(repository);
        await using var attached = RunningSwarm.Attach(repository);
        await HangingAsync(attached);

        await daemon.KillAsync();

        var left = await attached.EndAsync();
        Assert.Equal(12, left.ExitCode);
        Assert.Contains("it was killed", left.Error);
        Assert.Equal("interrupted", (await JsonAsync(repository, "status")).GetProperty("state").GetString());
        Assert.Contains(
            $"process {daemon.Id}, started", (await repository.MustAsync(0, "stop")).Out);
        Assert.Contains("1 of its agents is still at work", (await repository.MustAsync(0, "stop")).Out);
        await repository.MustAsync(12, "attach");

        await using var next = await Daemon.StartAsync(repository);
        await repository.MustAsync(0, "stop");

        Assert.Contains("bead.adopted", repository.Read(".beadswarm/swarm.log"));
        Assert.Empty(SurroundingsAudit.Processes(repository.Root));
        Assert.Equal("stopped", (await JsonAsync(repository, "status")).GetProperty("state").GetString());
    }

    [Fact]
    public async Task Of_two_starts_at_once_one_swarm_comes_out_and_the_other_says_who_has_it()
    {
        using var repository = Scenario.Repository([new("a-1")], agents: 1, script: Hangs);

        var both = await Task.WhenAll(repository.RunAsync("start"), repository.RunAsync("start"));

        Assert.Equal([0, 5], both.Select(output => output.ExitCode).Order());
        Assert.Contains("another swarm runs", both.Single(output => output.ExitCode == 5).Error);
        await repository.MustAsync(0, "stop");
        Assert.Empty(SurroundingsAudit.Processes(repository.Root));
    }

    /// <summary>The agent is in the stage that it does not come out of.</summary>
    static async Task HangingAsync(RunningSwarm attached)
    {
        await attached.WaitForAsync(line =>
            line.GetProperty("type").GetString() == "stage.started"
            && line.GetProperty("stage").GetString() == "implement");
        await attached.WaitForAsync("process.started");
    }

    static async Task<JsonElement> JsonAsync(GitRepository repository, string verb) =>
        JsonDocument.Parse((await repository.MustAsync(0, verb, "--format", "json")).Out).RootElement;

    /// <summary>
    /// A swarm that <c>start</c> began; what a test leaves of it is killed, its agents by the repository.
    /// </summary>
    sealed class Daemon(int id) : IAsyncDisposable
    {
        public int Id => id;

        public bool Runs => ProcessTable.Find(id) is { Zombie: false };

        public static async Task<Daemon> StartAsync(GitRepository repository, params string[] arguments)
        {
            var started = await repository.MustAsync(0, ["start", "--format", "json", .. arguments]);
            using var json = JsonDocument.Parse(started.Out);
            Assert.Equal("started", json.RootElement.GetProperty("type").GetString());
            return new Daemon(json.RootElement.GetProperty("pid").GetInt32());
        }

        public async Task KillAsync()
        {
            Machine.Signal(id, 9);
            await GoneAsync();
        }

        public async Task GoneAsync()
        {
            if (ProcessTable.Find(id) is { } entry
                && ProcessDescriptor.TryOpen(id, entry.StartTicks) is { } process)
            {
                using (process)
                {
                    await process.Ended.WaitAsync(Machine.Patience, Machine.Cancel);
                }
            }
        }

        public async ValueTask DisposeAsync() => await KillAsync();
    }
}
