using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Journal;
using Beadswarm.Storage;

namespace Beadswarm.Tests.Storage;

/// <summary>
/// Agents that the swarm has not started: their claims are told from its own, nobody takes one over before what it left
/// was saved, and what they ask for twice is found done.
/// </summary>
public abstract class ExternalConformance : StoreConformance
{
    static readonly SavedHead Saved = new("saved1", "savedtree1");

    [Fact]
    public async Task A_claim_of_an_external_agent_is_known_as_one_wherever_it_is_read()
    {
        var claim = await ExternalAsync("r-1");
        await StartAsync(claim.Key);

        Assert.True(claim.External);
        Assert.True(((BeadState.Held)(await BeadAsync("x-1")).State).External);
        Assert.True((await Store.ReadOpenStagesAsync(Token)).Single().Claim.External);
        var agents = (await Store.ReadStatusAsync(Token)).Agents;
        Assert.Equal(new AgentNumber(9), agents.Single(agent => agent.Role == "external").Agent);
        await CheckFoldAsync();

        await ReopenAsync();
        Assert.True(((BeadState.Held)(await BeadAsync("x-1")).State).External);
    }

    [Fact]
    public async Task A_claim_of_one_of_the_swarms_own_is_no_external_one_also_after_an_external_one()
    {
        var claim = await ExternalAsync("r-1");
        await Store.ReleaseAsync(claim.Key, new BeadTransition.Free(Contract, 1, 0, null), "given back", null, Token);

        var own = await ClaimAsync();

        Assert.False(own.External);
        Assert.False(((BeadState.Held)(await BeadAsync("x-1")).State).External);
        await CheckFoldAsync();
    }

    [Fact]
    public async Task One_bead_that_is_asked_for_is_granted_and_no_other()
    {
        await BeginAsync();
        await IntakeAsync(Entry("x-1", priority: 0), Entry("x-2"), Entry("x-3", ready: false));

        Assert.Equal("x-2", (await AskAsync("r-1", "x-2"))?.Bead.Value);
        Assert.Null(await AskAsync("r-2", "x-2"));
        Assert.Null(await AskAsync("r-3", "x-3"));
        Assert.Null(await AskAsync("r-4", "x-9"));
        Assert.Equal("x-1", (await AskAsync("r-5"))?.Bead.Value);
    }

    [Fact]
    public async Task A_claim_is_noted_with_its_request_and_nothing_is_noted_where_nothing_was_granted()
    {
        var claim = await ExternalAsync("r-1");
        Assert.Null(await AskAsync("r-2"));

        Assert.Equal(
            new DoneRequest(new RequestId("r-1"), "claim", claim.Key, Contract, 1, null), await FindAsync("r-1"));
        Assert.Null(await FindAsync("r-2"));
        await ReopenAsync();
        Assert.NotNull(await FindAsync("r-1"));
    }

    [Fact]
    public async Task The_end_of_a_stage_and_a_release_are_kept_with_their_answers_or_not_at_all()
    {
        var claim = await ExternalAsync("r-1");
        var run = await StartAsync(claim.Key);
        var finish = Finish(run) with { Answer = new RequestAnswer(new RequestId("r-2"), "stage pass", "{\"a\":1}") };
        Assert.Equal(
            WriteOutcome.Done,
            await Store.FinishStageAsync(claim.Key, finish, new BeadTransition.Keep(Implement, 1), Token));
        var release = new RequestAnswer(new RequestId("r-3"), "release", "{}");
        var free = new BeadTransition.Free(Implement, 1, 0, null);
        Assert.Equal(WriteOutcome.Done, await Store.ReleaseAsync(claim.Key, free, "no time", release, Token));

        Assert.Equal(
            new DoneRequest(new RequestId("r-2"), "stage pass", claim.Key, Contract, 1, "{\"a\":1}"),
            await FindAsync("r-2"));
        Assert.Equal(
            new DoneRequest(new RequestId("r-3"), "release", claim.Key, Implement, 1, "{}"), await FindAsync("r-3"));

        var late = release with { Id = new RequestId("r-4") };
        Assert.Equal(WriteOutcome.Fenced, await Store.ReleaseAsync(claim.Key, free, "again", late, Token));
        Assert.Null(await FindAsync("r-4"));
    }

    [Fact]
    public async Task A_request_cannot_be_done_twice()
    {
        await BeginAsync();
        await IntakeAsync("x-1", "x-2");
        await AskAsync("r-1");
        var before = await EverythingAsync();

        await Assert.ThrowsAnyAsync<Exception>(() => AskAsync("r-1"));

        Assert.Equal(before, await EverythingAsync());
    }

    [Fact]
    public async Task An_expired_lease_of_an_external_agent_is_taken_over_by_nobody_before_its_work_was_saved()
    {
        var claim = await ExternalAsync("r-1");
        await StartAsync(claim.Key);
        Time.Advance(Lease);

        Assert.Null(await TryClaimAsync());
        Assert.Null(await AskAsync("r-2"));
        var expired = Assert.Single(await Store.ReapExpiredAsync(Epoch, [], Token));
        Assert.True(expired.External);
        Assert.IsType<BeadState.Held>((await BeadAsync("x-1")).State);

        Assert.Equal(WriteOutcome.Done, await Store.ReapExternalAsync(Epoch, expired.Claim, Saved, Token));
        var bead = await BeadAsync("x-1");
        Assert.Equal(("saved1", "savedtree1", 1), (bead.HeadCommit, bead.HeadTree, bead.InfrastructureFailures));
        Assert.Equal("saved1", (await ClaimAsync()).HeadCommit);
        Assert.Empty(await Store.ReadOpenStagesAsync(Token));
        await CheckFoldAsync();
    }

    [Fact]
    public async Task A_lease_of_an_external_agent_that_has_not_expired_or_is_another_ones_is_not_ended()
    {
        var claim = await ExternalAsync("r-1");
        var before = await EverythingAsync();

        Assert.Equal(WriteOutcome.Fenced, await Store.ReapExternalAsync(Epoch, claim.Key, Saved, Token));
        Time.Advance(Lease);
        var other = claim.Key with { Token = new FencingToken(claim.Key.Token.Value + 1) };
        Assert.Equal(WriteOutcome.Fenced, await Store.ReapExternalAsync(Epoch, other, Saved, Token));
        var stale = Epoch;
        Assert.Equal(
            WriteOutcome.Fenced, await Store.ReapExternalAsync(new(stale.Value - 1), claim.Key, Saved, Token));
        Assert.Equal(before, await EverythingAsync());
    }

    [Fact]
    public async Task Requests_are_forgotten_only_when_they_are_old()
    {
        await ExternalAsync("r-1");
        Time.Advance(RequestRules.KeptFor);
        await BeginAsync();
        Assert.NotNull(await FindAsync("r-1"));

        Time.Advance(TimeSpan.FromSeconds(1));
        await BeginAsync();
        Assert.Null(await FindAsync("r-1"));
    }

    async Task<Claim> ExternalAsync(string request)
    {
        await BeginAsync();
        await IntakeAsync("x-1");
        var claim = await AskAsync(request);
        Assert.NotNull(claim);
        return claim;
    }

    Task<Claim?> AskAsync(string request, string? only = null) => Store.ClaimNextAsync(
        Epoch,
        new ClaimRequest(new AgentNumber(9), "node-1", AllStages, Lease)
        {
            External = new ExternalAsk(new RequestId(request), only is null ? null : BeadId.Parse(only)),
        },
        Token);

    Task<DoneRequest?> FindAsync(string request) => Store.FindRequestAsync(new RequestId(request), Token);

    async Task CheckFoldAsync() => Assert.Empty(JournalFold.Differences(
        JournalFold.Fold(await JournalAsync()), await Store.ReadBeadsAsync(Token)));
}
