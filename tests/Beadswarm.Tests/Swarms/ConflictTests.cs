using Beadswarm.Journal;
using Beadswarm.Swarms;

namespace Beadswarm.Tests.Swarms;

/// <summary>Two beads that do not go together: one lands, the other is told and tries again.</summary>
public sealed class ConflictTests : IDisposable
{
    // Both have begun before either lands, so neither sees what the other does.
    const string Meet =
        """
        meet() {
          [ $BEADSWARM_ATTEMPT = 1 ] || return 0
          echo here > "$R/.beadswarm/arrived"
          read go < "$R/.beadswarm/go"
        }

        """;

    readonly SwarmRepository _repository = new();

    [Fact]
    public async Task Two_beads_that_edit_the_same_line_both_land_and_neither_side_is_lost()
    {
        _repository.Write("shared.txt", "first\nto be changed\nlast\n");
        _repository.Bead("t-1").Bead("t-2").Agent(Meet +
            """
            if [ $BEADSWARM_STAGE = implement ]; then
              if [ $BEADSWARM_ATTEMPT = 1 ]; then
                meet
                sed -i "s/to be changed/changed by $BEADSWARM_BEAD/" shared.txt
                git commit -qam "$BEADSWARM_BEAD: change it"
              else
                command=$(grep -o 'git merge [0-9a-f]*' "$BEADSWARM_CONTEXT/conflict.md") || exit 9
                $command > /dev/null && exit 8
                sed -i '/^<<<<<<<\|^=======\|^>>>>>>>/d' shared.txt
                git commit -qam "$BEADSWARM_BEAD: keep both"
              fi
              exit 0
            fi
            """).Commit();

        var (outcome, returned) = await RunTogetherAsync();

        Assert.Equal((SwarmEnd.Completed, 2, 3), (outcome.End, outcome.Landed, outcome.Attempts));
        var winner = returned == "t-1" ? "t-2" : "t-1";
        Assert.Equal([winner, returned], _repository.Landed());
        Assert.Equal(
            ["changed by t-1", "changed by t-2", "first", "last"],
            _repository.Git("show", "main:shared.txt").Split('\n').Order(StringComparer.Ordinal));
        Assert.Equal(_repository.Git("show", "main:shared.txt"), _repository.Read("shared.txt").TrimEnd());
        var feedback = _repository.Given(returned, "implement", 2, "context/feedback.md");
        Assert.Contains("shared.txt", feedback, StringComparison.Ordinal);
        Assert.Contains(winner, feedback, StringComparison.Ordinal);
        var prompt = _repository.Given(returned, "implement", 2, "prompt.md");
        Assert.Contains("shared.txt", prompt, StringComparison.Ordinal);
        Assert.Contains("changed by " + winner,
            _repository.Given(returned, "implement", 2, "context/conflict.md"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_conflict_that_is_never_resolved_blocks_the_bead_and_keeps_its_work()
    {
        _repository.Write("shared.txt", "to be changed\n");
        _repository.Bead("t-1").Bead("t-2").Agent(Meet +
            """
            if [ $BEADSWARM_STAGE = implement ]; then
              meet
              [ $BEADSWARM_ATTEMPT = 1 ] && sed -i "s/to be changed/changed by $BEADSWARM_BEAD/" shared.txt
              echo $BEADSWARM_ATTEMPT >> "stubborn-$BEADSWARM_BEAD"
              git add -A; git commit -qm "$BEADSWARM_BEAD"
              exit 0
            fi
            """).Commit();

        var (outcome, returned) = await RunTogetherAsync();

        Assert.Equal((SwarmEnd.Exhausted, 1, 1), (outcome.End, outcome.Landed, outcome.Blocked));
        var work = await _repository.WorkAsync(returned);
        Assert.Equal(3, work.Attempt);
        var dossier = await _repository.ArtifactAsync(returned, BlockedDossier.Name);
        Assert.Contains("conflict in shared.txt", dossier, StringComparison.Ordinal);
        Assert.Equal(
            $"changed by {returned}",
            SwarmRepository.GitIn(_repository.Hub, "show", $"{work.HeadCommit}:shared.txt"));
        Assert.Contains(
            "refs/heads/", SwarmRepository.GitIn(
                _repository.Hub, "for-each-ref", "--format=%(refname)", "--contains", work.HeadCommit!, "refs/heads"),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Changes_that_are_green_alone_and_red_together_do_not_land_together()
    {
        // The gate allows two files at most beside the seed; each bead adds one and the other's makes it too many.
        _repository.Write(
            "gate.sh", "n=$(ls work | wc -l); [ $n -le 2 ] || { echo \"$n files, 2 allowed\"; exit 4; }\n");
        _repository.Write("work/seed", "seed\n");
        _repository.Bead("t-1").Bead("t-2").Agent(Meet +
            """
            if [ $BEADSWARM_STAGE = implement ]; then
              meet
              [ $BEADSWARM_ATTEMPT = 1 ] || git rm -q work/seed
              echo "$BEADSWARM_ATTEMPT" > "work/$BEADSWARM_BEAD"; git add -A; git commit -qm "$BEADSWARM_BEAD"
              exit 0
            fi
            """).Commit();

        var (outcome, returned) = await RunTogetherAsync();

        Assert.Equal((SwarmEnd.Completed, 2, 3), (outcome.End, outcome.Landed, outcome.Attempts));
        var feedback = _repository.Given(returned, "implement", 2, "context/feedback.md");
        Assert.Contains("3 files, 2 allowed", feedback, StringComparison.Ordinal);
        Assert.Contains("landing", feedback, StringComparison.Ordinal);
        Assert.Equal("t-1\nt-2", _repository.Git("ls-tree", "--name-only", "main:work"));

        // Every commit on the target is green as exactly that tree.
        foreach (var commit in _repository.Git("log", "--first-parent", "--format=%H", "main").Split('\n'))
        {
            Assert.InRange(_repository.Git("ls-tree", "--name-only", $"{commit}:work").Split('\n').Length, 1, 2);
        }
    }

    /// <summary>Runs both beads side by side; says which one came back from landing.</summary>
    async Task<(SwarmOutcome Outcome, string Returned)> RunTogetherAsync()
    {
        var arrived = _repository.Fifo("arrived");
        var go = _repository.Fifo("go");
        await using var run = await _repository.StartAsync(_repository.Config());
        await arrived.LineAsync();
        await arrived.LineAsync();
        go.Release();
        go.Release();
        var returned = await SwarmRepository.UntilAsync(run, entry => entry.Event is JournalEvent.LandingReturned);
        return (await SwarmRepository.EndAsync(run), returned.Bead!.Value.Value);
    }

    public void Dispose() => _repository.Dispose();
}
