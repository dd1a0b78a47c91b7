using Beadswarm.Journal;
using Beadswarm.Simulation;
using Beadswarm.Simulation.Worlds;

namespace Beadswarm.Tests.Simulation;

/// <summary>
/// The whole engine in a world of memory, where whatever can fail does, in an order drawn from a seed.
/// </summary>
public sealed class SimulationTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(9)]
    [InlineData(10)]
    [InlineData(11)]
    [InlineData(12)]
    [InlineData(47)] // a stage was recorded and the answer lost: its bead was given back at the attempt before
    [InlineData(81)] // a claim was lost while the store could not be written: its adopted agent was left at work
    public void Whatever_fails_nothing_is_lost_and_nothing_lands_twice(long seed)
    {
        var report = SimulatedSwarm.Run(seed, new SimulationOptions());

        Assert.True(report.Failure is null, $"seed {seed}: {report}\n{report.Failure}");
    }

    /// <summary>
    /// Where one orchestrator after the other is replaced: in seed 3 an agent was once left at work, because its claim
    /// was lost before it had been taken up again; in 6 and 30 a start took longer than the lease that it had taken.
    /// </summary>
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(6)]
    [InlineData(30)]
    public void Whoever_is_replaced_again_and_again_does_no_harm(long seed)
    {
        Assert.Null(SimulatedSwarm.Run(seed, Situation.Fought).Failure);
        Assert.Null(SimulatedSwarm.Run(seed, Situation.FoughtOver).Failure);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void The_target_is_tested_as_a_whole_each_tree_once_whoever_is_killed(long seed)
    {
        IReadOnlyList<JournalEvent> journal = [];
        var report = SimulatedSwarm.Run(seed, Situation.Watched with
        {
            Ended = world => journal = Journal(world),
        });

        Assert.True(report.Failure is null, $"seed {seed}: {report}\n{report.Failure}");
        var tested = journal.OfType<JournalEvent.TargetTested>().ToArray();
        Assert.NotEmpty(tested);
        Assert.Equal(tested.Length, tested.DistinctBy(one => (one.Tree, one.Suite)).Count());
        Assert.NotEmpty(journal.OfType<JournalEvent.TargetJudged>());
        Assert.Equal(report.Hash, SimulatedSwarm.Run(seed, Situation.Watched).Hash);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void What_is_integrated_together_lands_once_and_all_whoever_is_killed(long seed)
    {
        IReadOnlyList<JournalEvent> journal = [];
        var report = SimulatedSwarm.Run(
            seed, Situation.Integrated with { Ended = world => journal = Journal(world) });

        Assert.True(report.Failure is null, $"seed {seed}: {report}\n{report.Failure}");
        Assert.Contains(journal, happened => happened is JournalEvent.LandingIntended { BatchCommit: not null });
        Assert.NotEmpty(journal.OfType<JournalEvent.LandingIntegrated>());
    }

    /// <summary>
    /// In seed 1 a node that joined once took away what others had claimed while it started: it compared their claims
    /// with a list from before. The same seed gives the same run here too.
    /// </summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public void Several_machines_work_one_swarm_whoever_of_them_dies_sleeps_or_loses_the_store(long seed)
    {
        IReadOnlyList<JournalEvent> journal = [];
        var report = SimulatedSwarm.Run(seed, Situation.Joined with { Ended = world => journal = Journal(world) });

        Assert.True(report.Failure is null, $"seed {seed}: {report}\n{report.Failure}");
        Assert.Contains(journal, happened => happened is JournalEvent.NodeJoined { Holder: false });
        Assert.Equal(report.Hash, SimulatedSwarm.Run(seed, Situation.Joined).Hash);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void What_others_push_in_the_trackers_file_stays_and_what_people_ask_of_the_queue_is_done(long seed)
    {
        IReadOnlyList<JournalEvent> wished = [];
        var pushed = SimulatedSwarm.Run(seed, Situation.Strange);
        var steered = SimulatedSwarm.Run(
            seed, Situation.Steered with { Ended = world => wished = Journal(world) });

        Assert.True(pushed.Failure is null, $"seed {seed}: {pushed}\n{pushed.Failure}");
        Assert.True(steered.Failure is null, $"seed {seed}: {steered}\n{steered.Failure}");
        Assert.True(pushed.Faults[FaultKind.TrackerPush] > 0);
        Assert.Contains(wished, happened => happened is JournalEvent.LandingWished or JournalEvent.QueuePaused);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    public void The_same_seed_gives_the_same_run(long seed) =>
        Assert.Equal(
            SimulatedSwarm.Run(seed, new SimulationOptions()).Hash,
            SimulatedSwarm.Run(seed, new SimulationOptions()).Hash);

    static IReadOnlyList<JournalEvent> Journal(SimulatedWorld world) =>
    [
        .. Enumerable.Range(1, (int)world.Database.Journal.Count)
            .Select(number => world.Database.Journal.Find(number)!.Event), // they have no gaps
    ];
}
