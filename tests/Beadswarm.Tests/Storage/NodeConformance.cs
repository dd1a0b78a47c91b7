using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Configuration;
using Beadswarm.Journal;
using Beadswarm.Storage;
using Beadswarm.Swarms;
using Beadswarm.Tests.Storage.Postgres;
using Beadswarm.Tests.Support;

namespace Beadswarm.Tests.Storage;

/// <summary>
/// What every store promises that several nodes can share, its clock moved by the test: who holds the swarm, who has
/// joined, who is lost.
/// </summary>
public abstract class NodeConformance : IAsyncLifetime
{
    protected static readonly TimeSpan Lease = TimeSpan.FromSeconds(60);

    readonly FakeTime _time = new();
    IStore _store = null!; // opened before each test

    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    private protected IStore Store => _store;

    INodeRegistry Registry => (INodeRegistry)_store;

    public async ValueTask InitializeAsync() => _store = await OpenAsync(_time);

    public virtual async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>An empty store that goes by this clock.</summary>
    private protected abstract Task<IStore> OpenAsync(FakeTime time);

    [Fact]
    public async Task The_first_one_holds_the_swarm_and_the_next_ones_join_with_agents_of_their_own()
    {
        var first = Assert.IsType<NodeEntry.Holds>(await EnterAsync("a"));
        var second = Assert.IsType<NodeEntry.Joined>(await EnterAsync("b"));
        var third = Assert.IsType<NodeEntry.Joined>(await EnterAsync("c", agents: 2));

        Assert.Equal("1-3 4-6 7-8", $"{first.Agents} {second.Agents} {third.Agents}");
        Assert.Equal("box box-2 box-3", $"{first.Node.Name} {second.Node.Name} {third.Node.Name}");
        Assert.Equal(first.Swarm.Epoch, third.Swarm.Epoch);
        var status = await _store.ReadStatusAsync(Token);
        Assert.Equal(
            ["box", "box", "box", "box-2", "box-2", "box-2", "box-3", "box-3"],
            status.Agents.Select(agent => agent.Node));
        Assert.Equal(3, status.Nodes.Count);
        Assert.Equal(["box", "box-2", "box-3"], (await OfAsync<JournalEvent.NodeJoined>()).Select(one => one.Node));
    }

    [Fact]
    public async Task Who_cannot_work_beside_the_holder_is_refused_and_nothing_is_changed()
    {
        await EnterAsync("a");
        var before = await Registry.ReadJournalEndAsync(Token);

        var refused = await Registry.EnterAsync(
            Card("b") with { Target = "next" }, Begin(3), Lease, Token);

        Assert.Equal(NodeMismatch.Target, Assert.IsType<NodeEntry.Refused>(refused).Why);
        Assert.Equal(before, await Registry.ReadJournalEndAsync(Token));
        Assert.Single(await Registry.ReadNodesAsync(Token));
    }

    [Fact]
    public async Task A_clone_that_begins_again_is_itself_and_its_process_from_before_is_fenced()
    {
        var before = (NodeEntry.Holds)await EnterAsync("a");
        await EnterAsync("b");

        var again = Assert.IsType<NodeEntry.Holds>(await EnterAsync("a"));

        Assert.Equal(before.Node.Name, again.Node.Name);
        Assert.Equal(before.Agents, again.Agents);
        Assert.True(again.Swarm.Epoch.Value > before.Swarm.Epoch.Value);
        Assert.Null(await Registry.BeatAsync(before.Node, Lease, Token));
        Assert.Equal(WriteOutcome.Fenced, await Registry.LeaveAsync(before.Node, "late", Token));
        Assert.Equal(6, (await _store.ReadStatusAsync(Token)).Agents.Count);
    }

    [Fact]
    public async Task A_joined_node_that_is_not_heard_of_is_lost_and_back_when_it_is()
    {
        var holder = (NodeEntry.Holds)await EnterAsync("a");
        var joined = (NodeEntry.Joined)await EnterAsync("b");

        _time.Advance(Lease + TimeSpan.FromSeconds(1));
        await Registry.BeatAsync(holder.Node, Lease, Token);

        Assert.Equal("box-2", Assert.Single(await OfAsync<JournalEvent.NodeLost>()).Node);
        Assert.Equal(3, (await _store.ReadStatusAsync(Token)).Agents.Count);
        Assert.True((await Registry.BeatAsync(joined.Node, Lease, Token))!.HolderLives);
        Assert.Equal(6, (await _store.ReadStatusAsync(Token)).Agents.Count);
        Assert.Equal(3, (await OfAsync<JournalEvent.NodeJoined>()).Count);
    }

    [Fact]
    public async Task A_lost_node_whose_numbers_others_have_by_now_is_fenced()
    {
        var holder = (NodeEntry.Holds)await EnterAsync("a");
        var joined = (NodeEntry.Joined)await EnterAsync("b");
        _time.Advance(Lease + TimeSpan.FromSeconds(1));
        await Registry.BeatAsync(holder.Node, Lease, Token);

        var next = (NodeEntry.Joined)await EnterAsync("c");

        Assert.Equal(joined.Agents, next.Agents);
        Assert.Null(await Registry.BeatAsync(joined.Node, Lease, Token));
    }

    [Fact]
    public async Task Numbers_under_which_a_lost_node_holds_beads_are_nobodys()
    {
        var holder = (NodeEntry.Holds)await EnterAsync("a");
        var joined = (NodeEntry.Joined)await EnterAsync("b");
        await FillAsync(holder.Swarm.Epoch, 2);
        Assert.NotNull(await _store.ClaimAsync(holder.Swarm.Epoch, 5, joined.Node.Name));
        _time.Advance(Lease + TimeSpan.FromSeconds(1));
        await Registry.BeatAsync(holder.Node, Lease, Token);

        Assert.Equal("6-8", $"{((NodeEntry.Joined)await EnterAsync("c")).Agents}");
        Assert.Equal(
            [5], (await Registry.ReadClaimsElsewhereAsync(holder.Node.Name, Token)).Select(claim => claim.Agent.Value));
    }

    [Fact]
    public async Task The_swarm_is_taken_over_by_one_when_its_holder_is_gone_and_not_before()
    {
        var holder = (NodeEntry.Holds)await EnterAsync("a");
        var second = (NodeEntry.Joined)await EnterAsync("b");
        var third = (NodeEntry.Joined)await EnterAsync("c");
        await FillAsync(holder.Swarm.Epoch, 2);
        Assert.Null(await Registry.TakeOverAsync(second.Node, Begin(3), Lease, Token));

        _time.Advance(Lease - TimeSpan.FromSeconds(1));
        await Registry.BeatAsync(second.Node, Lease, Token);
        await Registry.BeatAsync(third.Node, Lease, Token);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.False((await Registry.BeatAsync(second.Node, Lease, Token))!.HolderLives);
        var taken = await Registry.TakeOverAsync(second.Node, Begin(3), Lease, Token);

        Assert.Equal(second.Node.Name, taken!.Node);
        Assert.Equal(holder.Swarm.Id, taken.Id);
        Assert.Null(await Registry.TakeOverAsync(third.Node, Begin(3), Lease, Token));
        Assert.True((await Registry.BeatAsync(third.Node, Lease, Token))!.HolderLives);
        Assert.Null(await _store.ClaimAsync(holder.Swarm.Epoch, 1, holder.Node.Name));
        Assert.NotNull(await _store.ClaimAsync(taken.Epoch, 7, third.Node.Name));
        Assert.Equal("box", Assert.Single(await OfAsync<JournalEvent.NodeLost>()).Node);
        Assert.Equal(
            [4, 5, 6, 7, 8, 9], (await _store.ReadStatusAsync(Token)).Agents.Select(agent => agent.Agent.Value));
    }

    [Fact]
    public async Task Whoever_takes_over_tells_its_tracker_again_what_has_become_of_the_swarms_beads()
    {
        var holder = (NodeEntry.Holds)await EnterAsync("a");
        var joined = (NodeEntry.Joined)await EnterAsync("b");
        await FillAsync(holder.Swarm.Epoch, 1);
        await _store.BlockAsync((await _store.ClaimAsync(holder.Swarm.Epoch, 1, holder.Node.Name))!.Key);
        var told = await _store.ReadOutboxAsync(Token);
        await _store.ConfirmOutboxAsync(holder.Swarm.Epoch, [.. told.Select(entry => entry.Id)], Token);
        await Registry.LeaveAsync(holder.Node, "it was told to", Token);

        Assert.NotNull(await Registry.TakeOverAsync(joined.Node, Begin(3), Lease, Token));

        Assert.Equal(
            new BeadChange.Block(BeadId.Parse("x-0"), "enough"),
            Assert.Single(await _store.ReadOutboxAsync(Token)).Change);
    }

    [Fact]
    public async Task A_swarm_that_is_to_stop_is_not_taken_over()
    {
        var holder = (NodeEntry.Holds)await EnterAsync("a");
        var joined = (NodeEntry.Joined)await EnterAsync("b");
        await _store.SetSwarmStatusAsync(holder.Swarm.Epoch, SwarmStatus.Stopping, "asked", Token);
        await Registry.LeaveAsync(holder.Node, "over", Token);

        Assert.Null(await Registry.TakeOverAsync(joined.Node, Begin(3), Lease, Token));
    }

    [Fact]
    public async Task What_agents_of_a_lost_node_were_about_to_do_is_nobodys_any_more()
    {
        var holder = (NodeEntry.Holds)await EnterAsync("a");
        await EnterAsync("b");
        var effect = new NewEffect(EffectKind.Workspace, "agent-4/x-0") { Agent = new AgentNumber(4) };
        await _store.IntendEffectAsync(holder.Swarm.Epoch, effect, Token);
        var landing = effect with { Kind = EffectKind.BranchRemoval };
        await _store.IntendEffectAsync(holder.Swarm.Epoch, landing, Token);
        _time.Advance(Lease + TimeSpan.FromSeconds(1));

        await Registry.BeatAsync(holder.Node, Lease, Token);

        Assert.Equal(landing, Assert.Single(await _store.ReadOpenEffectsAsync(Token)).Effect);
        var done = Assert.Single(await OfAsync<JournalEvent.EffectDone>());
        Assert.Contains("was lost", done.Outcome, StringComparison.Ordinal);
    }

    async Task<IReadOnlyList<T>> OfAsync<T>() where T : JournalEvent =>
        [.. (await _store.ReadJournalAsync(0, null, int.MaxValue, Token)).Select(entry => entry.Event).OfType<T>()];

    [Fact]
    public async Task What_a_person_takes_from_a_joined_node_is_granted_when_that_node_must_have_heard_of_it()
    {
        var first = Assert.IsType<NodeEntry.Holds>(await EnterAsync("a"));
        var second = Assert.IsType<NodeEntry.Joined>(await EnterAsync("b"));
        var epoch = first.Swarm.Epoch;
        await FillAsync(epoch, 1);

        var theirs = await _store.ClaimAsync(epoch, 4, second.Node.Name);
        Assert.Equal(WriteOutcome.Done, await _store.ForceReleaseAsync(theirs!.Bead, "by hand", Token));
        Assert.Null(await _store.ClaimAsync(epoch, 1, first.Node.Name));
        _time.Advance(PostgresSwarm.Lease);

        // The one that holds the swarm hears of it as it is done.
        var ours = await _store.ClaimAsync(epoch, 1, first.Node.Name);
        Assert.Equal(WriteOutcome.Done, await _store.ForceReleaseAsync(ours!.Bead, "by hand", Token));
        Assert.NotNull(await _store.ClaimAsync(epoch, 2, first.Node.Name));
    }

    private protected Task<NodeEntry> EnterAsync(string clone, int agents = 3, IStore? store = null) =>
        ((INodeRegistry)(store ?? _store)).EnterAsync(Card(clone), Begin(agents), Lease, Token);

    async Task FillAsync(SwarmEpoch epoch, int beads) => await _store.UpdateBacklogAsync(
        epoch,
        [
            .. Enumerable.Range(0, beads).Select(n => new BacklogEntry(
                BeadId.Parse($"x-{n}"), $"Title {n}", 1, 0, DateTimeOffset.UnixEpoch, n, true)),
        ],
        3, Token);

    static NodeCard Card(string clone) => new(clone, "box", 1, null, "origin", "main");

    static SwarmBegin Begin(int agents) => new(
        "node", null, null, SelectOrder.Triage, PostgresSwarm.Contract,
        [.. Enumerable.Range(1, agents).Select(n => new AgentSlot(new AgentNumber(n), "worker", "scripted"))], false);
}
