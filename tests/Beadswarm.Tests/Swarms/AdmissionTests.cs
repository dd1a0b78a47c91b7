using Beadswarm.Configuration;
using Beadswarm.Journal;
using Beadswarm.Processes;
using Beadswarm.Swarms;
using Beadswarm.Tests.Support;
using Beadswarm.Workspaces;

namespace Beadswarm.Tests.Swarms;

/// <summary>Agents begin only where memory and disk have room for them, and say what they wait for.</summary>
public sealed class AdmissionTests
{
    const long Gi = 1L << 30;

    readonly FakeTime _time = new();
    readonly ChangingMachine _machine = new(total: 16 * Gi, available: 8 * Gi);
    AdmissionOutcome _room = new AdmissionOutcome.Admitted(0, 100 * Gi);

    [Theory]
    [InlineData(16, 8.0, 0, 1.0, true)]
    [InlineData(16, 1.5, 0, 1.0, true)]
    [InlineData(16, 1.49, 0, 1.0, false)]
    [InlineData(16, 2.0, 1, 1.0, true)]
    [InlineData(16, 2.0, 2, 1.0, false)]
    [InlineData(16, 0.0, 9, 0.0, true)]
    [InlineData(4, 0.66, 0, 0.4, true)]
    public void An_agent_may_begin_if_enough_is_left_when_it_and_those_before_it_have_what_they_need(
        double total, double available, int starting, double freeMin, bool admitted) =>
        Assert.Equal(
            admitted,
            AdmissionRules.MemoryShort(
                new MachineMemory((long)(total * Gi), (long)(available * Gi)), starting, (long)(freeMin * Gi)) is null);

    [Fact]
    public void Agents_that_begin_at_once_do_not_all_see_the_same_memory()
    {
        var admission = Admission();
        _machine.Available = 3 * Gi;

        Assert.Equal(
            [true, true, true, true, false, false],
            Enumerable.Range(0, 6).Select(_ => admission.Ask() is AdmissionAnswer.Admitted));

        // They have begun, and use less than was set aside for them.
        _machine.Available = Gi * 9 / 4;
        Assert.IsType<AdmissionAnswer.Held>(admission.Ask());
        _time.Advance(AdmissionRules.GrowthTime);
        Assert.Equal(
            [true, true, false], Enumerable.Range(0, 3).Select(_ => admission.Ask() is AdmissionAnswer.Admitted));
    }

    [Fact]
    public void Who_found_nothing_to_do_gives_back_what_was_set_aside()
    {
        var admission = Admission();
        _machine.Available = Gi * 3 / 2;

        for (var i = 0; i < 3; i++)
        {
            admission.GiveBack(Assert.IsType<AdmissionAnswer.Admitted>(admission.Ask()));
        }
    }

    [Fact]
    public void A_wait_is_told_once_and_one_that_comes_again_and_again_not_all_the_time()
    {
        var admission = Admission();
        bool Told()
        {
            _machine.Available = 0;
            var told = Assert.IsType<AdmissionAnswer.Held>(admission.Ask()).ToBeTold;
            Assert.False(Assert.IsType<AdmissionAnswer.Held>(admission.Ask()).ToBeTold);
            _machine.Available = 8 * Gi;
            Assert.IsType<AdmissionAnswer.Admitted>(admission.Ask());
            return told;
        }

        Assert.True(Told());
        Assert.False(Told());
        _time.Advance(TimeSpan.FromMinutes(5));
        Assert.True(Told());
    }

    [Fact]
    public void The_reason_has_the_figures_and_the_key()
    {
        _machine.Available = Gi / 2;

        Assert.Equal(
            "0.5 GiB of memory are available: too little for one more agent (0.5 GiB with those that have just begun) "
            + "to leave limits.memoryFreeGbMin (1 GiB)",
            Assert.IsType<AdmissionAnswer.Held>(Admission().Ask()).Reason);
    }

    [Fact]
    public void A_disk_without_room_holds_agents_too()
    {
        _room = new AdmissionOutcome.DiskFull(5 << 20, 1 << 30);
        Assert.Contains(
            "5 MiB", Assert.IsType<AdmissionAnswer.Held>(Admission().Ask()).Reason, StringComparison.Ordinal);

        _room = new AdmissionOutcome.OverQuota(7 << 20, 1);
        Assert.Contains(
            "beadswarm clean", Assert.IsType<AdmissionAnswer.Held>(Admission().Ask()).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_disk_that_cannot_be_measured_holds_agents_and_breaks_nothing()
    {
        var admission = new Admission(
            _machine, () => throw new IOException("no such disk"), new LimitsConfig(), _time);

        Assert.Contains(
            "no such disk", Assert.IsType<AdmissionAnswer.Held>(admission.Ask()).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Agents_wait_before_they_claim_say_why_and_go_on_when_there_is_memory()
    {
        using var repository = new SwarmRepository();
        repository.Bead("t-1").Bead("t-2").Bead("t-3").Commit();
        _machine.Available = Gi;
        var config = repository.Config(
            agents: 3, change: config => config with { Limits = config.Limits with { MemoryFreeGbMin = 1 } });
        var setup = repository.Setup(config);
        var cancel = TestContext.Current.CancellationToken;
        var outside = await MachineSurroundings.OpenAsync(setup, cancel);
        await using var run = await SwarmRun.StartAsync(setup, outside with { Machine = _machine }, cancel);

        for (var agent = 1; agent <= 3; agent++)
        {
            await SwarmRepository.UntilAsync(run, entry => entry.Agent?.Value == agent
                && entry.Event is JournalEvent.AgentStatusChanged { Status: "waiting", Reason: { Length: > 0 } });
        }

        var status = await run.Store.ReadStatusAsync(cancel);
        Assert.All(status.Agents, agent => Assert.Contains("memoryFreeGbMin", agent.Reason, StringComparison.Ordinal));
        Assert.Equal((3, 0), (status.Ready, status.InProgress));
        _machine.Available = 16 * Gi;
        var outcome = await SwarmRepository.EndAsync(run);

        Assert.Equal((SwarmEnd.Completed, 3, 3), (outcome.End, outcome.Landed, outcome.Attempts));
        var journal = await run.Store.ReadJournalAsync(0, null, int.MaxValue, cancel);
        Assert.Single(journal, entry => entry.Event is JournalEvent.ComponentHeld { Component: "admission" });
        Assert.All(
            await run.Store.ReadBeadsAsync(cancel), bead => Assert.Equal(0, bead.InfrastructureFailures));
    }

    [Fact]
    public async Task A_swarm_whose_agents_wait_for_memory_can_be_drained()
    {
        using var repository = new SwarmRepository();
        repository.Bead("t-1").Commit();
        _machine.Available = 0;
        var setup = repository.Setup(repository.Config(
            agents: 2, change: config => config with { Limits = config.Limits with { MemoryFreeGbMin = 1 } }));
        var cancel = TestContext.Current.CancellationToken;
        var outside = await MachineSurroundings.OpenAsync(setup, cancel);
        await using var run = await SwarmRun.StartAsync(setup, outside with { Machine = _machine }, cancel);
        await SwarmRepository.UntilAsync(run, entry => entry.Event is JournalEvent.ComponentHeld);

        run.Drain("enough");

        Assert.Equal(SwarmEnd.Drained, (await SwarmRepository.EndAsync(run)).End);
    }

    Admission Admission() => new(_machine, () => _room, new LimitsConfig { MemoryFreeGbMin = 1 }, _time);

    /// <summary>A machine whose available memory a test sets.</summary>
    sealed class ChangingMachine(long total, long available) : IMachine
    {
        long _available = available;

        public long Available
        {
            set => Interlocked.Exchange(ref _available, value);
        }

        public MachineMemory Memory() => new(total, Interlocked.Read(ref _available));
    }
}
