using Beadswarm.Configuration;
using Beadswarm.Gates;
using Beadswarm.Journal;

namespace Beadswarm.Tests.Swarms;

/// <summary>Gates that contradict themselves: forgiven within bounds, told, and quarantined on request.</summary>
public sealed class FlakyGateTests : IDisposable
{
    readonly SwarmRepository _repository = new();

    [Fact]
    public async Task A_gate_that_passes_when_it_is_run_again_costs_no_attempt_and_is_told_as_flaky()
    {
        _repository.Bead("t-1");
        FailsOncePerTree();

        var outcome = await _repository.RunAsync(Config(gate => gate with { Reruns = 1 }));

        Assert.Equal((1, 1), (outcome.Landed, outcome.Attempts));
        var flaky = (await _repository.JournalAsync()).Select(entry => entry.Event).OfType<JournalEvent.GateFlaky>();
        var gates = await _repository.AskAsync(store => store.ReadGatesAsync(TestContext.Current.CancellationToken));
        var summary = Assert.Single(gates);
        Assert.NotEqual(0, summary.Flaky);
        Assert.Equal((summary.Flaky, summary.Flaky), (flaky.Count(), summary.Failed));
    }

    [Fact]
    public async Task Without_reruns_the_first_failure_counts()
    {
        _repository.Bead("t-1");
        FailsOncePerTree();

        var outcome = await _repository.RunAsync(Config(gate => gate));

        // Each attempt leaves another tree, and the first run of each fails.
        Assert.Equal((0, 1, 3), (outcome.Landed, outcome.Blocked, outcome.Attempts));
    }

    [Fact]
    public async Task A_quarantined_gate_holds_nothing_up_and_is_never_hidden()
    {
        _repository.Bead("t-1");
        _repository.Write("gate.sh", "exit 1\n");
        _repository.Commit();

        var outcome = await _repository.RunAsync(Config(gate => gate with { Quarantined = true }));

        Assert.Equal((1, 1), (outcome.Landed, outcome.Attempts));
        var journal = (await _repository.JournalAsync()).Select(entry => entry.Event).ToArray();
        Assert.Contains(new JournalEvent.GateQuarantined("check"), journal);
        Assert.Contains(journal, happened => happened is JournalEvent.GateRan { Status: "failed" });
        Assert.DoesNotContain(journal, happened => happened is JournalEvent.GateRequired);
    }

    void FailsOncePerTree()
    {
        _repository.Write(
            "gate.sh",
            $"seen='{_repository.Path}/.beadswarm/seen-'$(git rev-parse 'HEAD^{{tree}}')\n"
            + "[ -e \"$seen\" ] && exit 0\n> \"$seen\"; exit 3\n");
        _repository.Commit();
    }

    SwarmConfig Config(Func<GateSpec, GateSpec> change) => _repository.Config(agents: 1, config => config with
    {
        Gates = config.Gates.ToDictionary(gate => gate.Key, gate => change(gate.Value)),
    });

    public void Dispose() => _repository.Dispose();
}
