using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Cli;
using Beadswarm.Git;
using Beadswarm.Journal;
using Beadswarm.Landing;
using Beadswarm.Pipelines;
using Beadswarm.Swarms;
using Beadswarm.Tests.Support;

namespace Beadswarm.Tests.Swarms;

/// <summary>What will not go together is known before it lands.</summary>
public sealed class ForesightTests : IDisposable
{
    readonly SwarmRepository _repository = new();

    [Fact]
    public async Task Work_that_will_conflict_is_foreseen_and_the_later_bead_is_told_of_the_other()
    {
        _repository.Write("shared.txt", "first\nto be changed\nlast\n");
        _repository.Bead("t-1").Bead("t-2").Agent(
            """
            case $BEADSWARM_BEAD:$BEADSWARM_STAGE:$BEADSWARM_ATTEMPT in
            t-2:implement:1) read go < "$R/.beadswarm/second" ;;
            t-2:implement:2) $(grep -o 'git merge [0-9a-f]*' "$BEADSWARM_CONTEXT/conflict.md") > /dev/null
              sed -i '/^<<<<<<<\|^=======\|^>>>>>>>/d' shared.txt; git commit -qam "t-2: keep both"; exit 0 ;;
            t-1:qa-enforcer:*) read go < "$R/.beadswarm/first" ;;
            t-2:qa-enforcer:1) read go < "$R/.beadswarm/told" ;;
            t-2:red-queen:1) read go < "$R/.beadswarm/land" ;;
            esac
            if [ $BEADSWARM_STAGE = implement ]; then
              sed -i "s/to be changed/changed by $BEADSWARM_BEAD/" shared.txt
              git commit -qam "$BEADSWARM_BEAD: change it"
              exit 0
            fi
            """).Commit();
        var (first, second, told, land) = (
            _repository.Fifo("first"), _repository.Fifo("second"), _repository.Fifo("told"), _repository.Fifo("land"));
        await using var run = await _repository.StartAsync(_repository.Config(agents: 2));
        await SwarmRepository.UntilAsync(run, entry =>
            entry is { Bead.Value: "t-1", Event: JournalEvent.StageEnded { Stage: "implement" } });
        second.Release();

        var foreseen = (JournalEvent.ConflictForeseen)(
            await SwarmRepository.UntilAsync<JournalEvent.ConflictForeseen>(run, "t-2")).Event;
        told.Release();
        await SwarmRepository.UntilAsync(run, entry =>
            entry is { Bead.Value: "t-2", Event: JournalEvent.StageStarted { Stage: "red-queen" } });
        first.Release();
        await SwarmRepository.UntilAsync<JournalEvent.BeadLanded>(run, "t-1");
        land.Release();
        first.Release();
        var outcome = await SwarmRepository.EndAsync(run);

        Assert.Equal((SwarmEnd.Completed, 2, 3), (outcome.End, outcome.Landed, outcome.Attempts));
        Assert.Equal(("t-1", false, "shared.txt"), (foreseen.Other, foreseen.Landed, foreseen.Files));
        var document = _repository.Given("t-2", "red-queen", 1, "context/foreseen.md");
        Assert.Contains("<<<<<<< t-1\nchanged by t-1\n=======\nchanged by t-2\n", document, StringComparison.Ordinal);
        var prompt = _repository.Given("t-2", "red-queen", 1, "prompt.md");
        Assert.Contains("- t-1, which has not landed", prompt, StringComparison.Ordinal);
        Assert.Contains("shared.txt", prompt, StringComparison.Ordinal);
        var journal = await _repository.JournalAsync();
        Assert.Single(journal, entry => entry.Event is JournalEvent.ConflictForeseen { Landed: false });
        Assert.DoesNotContain(journal, entry =>
            entry is { Bead.Value: "t-1", Event: JournalEvent.ConflictForeseen });
    }

    [Theory]
    [InlineData("a.txt", "a.txt", true)]
    [InlineData("a.txt", "b.txt", false)]
    [InlineData("a", "a/b/c.txt", true)]
    [InlineData("a/b/c.txt", "a/b", true)]
    [InlineData("a/b", "a/bc", false)]
    public void Changes_can_only_conflict_in_the_same_file_or_one_where_the_other_has_a_folder(
        string one, string other, bool meet) =>
        Assert.Equal(meet, ForesightRules.Meet(new HashSet<string> { one }, new HashSet<string> { other }));

    [Fact]
    public void What_waits_to_land_comes_before_what_is_at_work_and_that_by_how_far_it_is()
    {
        var pipeline = PipelinePresets.Build(PipelinePresets.Default, ["check"], 3);
        BeadWork Work(string id, BeadState state) => FixedReader.Bead(id, id, state, attempt: 1);
        var queued = FixedReader.Busy().Landings[0];
        var held = new BeadState.Held(new(1), new(1), new("qa-enforcer"), FixedReader.Start);

        var flights = FlightRules.Of(
            [queued],
            [
                Work("t-1", new BeadState.Pending(new("implement"), null)), Work("t-2", held), Work("t-3", held),
                Work("t-4", new BeadState.Landing()),
                Work("t-5", new BeadState.Pending(new("red-queen"), null)) with { HeadCommit = null },
                Work("t-6", new BeadState.Pending(new("red-queen"), null)),
            ],
            pipeline);

        Assert.Equal(["demo-8", "t-6", "t-2", "t-3", "t-1"], flights.Select(flight => flight.Bead.Value));
    }

    [Fact]
    public void What_was_foreseen_stands_as_long_as_both_are_as_they_were()
    {
        var heads = new Dictionary<string, string?> { ["t-1"] = "h1", ["t-2"] = "h9" };
        JournalEvent[] journal =
        [
            new JournalEvent.ConflictForeseen("mine", "t-1", "h1", Landed: false, "a"),
            new JournalEvent.ConflictForeseen("mine", "t-2", "h2", Landed: false, "b"),
            new JournalEvent.ConflictForeseen("earlier", "t-1", "h1", Landed: false, "c"),
            new JournalEvent.ConflictForeseen("mine", "t-3", "h3", Landed: false, "d"),
            new JournalEvent.ConflictForeseen("mine", null, "c1", Landed: true, "e"),
        ];

        var standing = ForeseenText.Standing(journal, "mine", heads.GetValueOrDefault);

        Assert.Equal(
            ["will conflict with t-1 in a", "will conflict with c1, which has landed, in e"],
            standing.Select(ForeseenText.Say));
    }

    [Fact]
    public void The_queue_knows_the_pairs_among_those_that_wait()
    {
        var one = FixedReader.Busy().Landings[0];
        var other = one with { Id = new(6), Bead = BeadId.Parse("t-6"), HeadCommit = "h6" };
        var known = new ForeseenConflicts
        {
            Known =
            [
                new(other.Bead, new("h6"), one.Bead, new CommitId(one.HeadCommit), Landed: false, []),
                new(other.Bead, new("h6"), BeadId.Parse("t-7"), new("h7"), Landed: false, []),
            ],
        };

        Assert.True(known.Between([one, other])(one.Id, other.Id));
        Assert.True(known.Between([one, other])(other.Id, one.Id));
        Assert.False(known.Between([one, other with { HeadCommit = "new" }])(one.Id, other.Id));
        Assert.Equal(2, known.Of(other.Bead, "h6").Count);
        Assert.Empty(known.Of(other.Bead, "new"));
    }

    public void Dispose() => _repository.Dispose();
}
