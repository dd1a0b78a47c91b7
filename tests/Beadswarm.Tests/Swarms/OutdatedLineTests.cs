using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Journal;
using Beadswarm.Swarms;

namespace Beadswarm.Tests.Swarms;

/// <summary>
/// The tracker's file is of a time before a bead landed: the clone was not pulled since, or the file was put back.
/// </summary>
public sealed class OutdatedLineTests : IDisposable
{
    const string Tracker = ".beads/issues.jsonl";

    readonly SwarmRepository _repository = new();

    [Fact]
    public async Task What_this_store_has_landed_is_not_taken_up_again_for_an_old_line_of_the_tracker()
    {
        await LandThenPutBackAsync();

        await NothingIsLeftAsync();

        Assert.Equal(1, (await _repository.WorkAsync("t-1")).Attempt);
        Assert.IsType<BeadState.Completed>((await _repository.WorkAsync("t-1")).State);
    }

    [Fact]
    public async Task What_an_earlier_swarm_has_landed_is_not_taken_up_by_a_store_that_knows_nothing_of_it()
    {
        await LandThenPutBackAsync();
        Forget();
        _repository.Bead("t-3", 2, "t-1");

        var outcome = await _repository.RunAsync(_repository.Config());

        Assert.Equal((SwarmEnd.Completed, 1), (outcome.End, outcome.Landed));
        Assert.Equal(["t-1", "t-2", "t-3"], _repository.Landed().Order());
        Assert.Equal("closed", _repository.StatusOf("t-1"));
        await SaidAsync();
    }

    [Fact]
    public async Task A_landed_bead_that_a_person_has_opened_since_is_taken_up_again()
    {
        await LandThenPutBackAsync();
        Rewrite("t-1", bead => bead with { UpdatedAt = DateTimeOffset.MaxValue.AddYears(-1) });

        var outcome = await _repository.RunAsync(_repository.Config());

        Assert.Equal((SwarmEnd.Completed, 1), (outcome.End, outcome.Landed));
        Assert.Equal(2, (await _repository.WorkAsync("t-1")).Attempt);
        Assert.Equal("closed", _repository.StatusOf("t-2"));
    }

    /// <summary>Another clone has brought the wish onto the target, and this one was not pulled since.</summary>
    [Fact]
    public async Task What_was_opened_since_on_the_target_is_not_taken_for_done()
    {
        await LandThenPutBackAsync();
        var old = _repository.Read(Tracker);
        Rewrite("t-1", bead => bead with { UpdatedAt = DateTimeOffset.MaxValue.AddYears(-1) });
        _repository.Commit("t-1 is wanted again");
        _repository.Write(Tracker, old);

        var outcome = await _repository.RunAsync(_repository.Config());

        Assert.Equal((SwarmEnd.Completed, 1), (outcome.End, outcome.Landed));
        Assert.Equal(2, (await _repository.WorkAsync("t-1")).Attempt);
    }

    [Fact]
    public async Task A_commit_that_only_names_a_bead_has_not_landed_it()
    {
        _repository.Bead("t-1").Commit("Some of it\n\nBead: t-1");

        var outcome = await _repository.RunAsync(_repository.Config());

        Assert.Equal((SwarmEnd.Completed, 1), (outcome.End, outcome.Landed));
    }

    public void Dispose() => _repository.Dispose();

    async Task LandThenPutBackAsync()
    {
        _repository.Bead("t-1").Bead("t-2").Commit();
        var before = _repository.Read(Tracker);
        Assert.Equal(2, (await _repository.RunAsync(_repository.Config())).Landed);
        _repository.Write(Tracker, before);
    }

    async Task NothingIsLeftAsync()
    {
        var outcome = await _repository.RunAsync(_repository.Config());

        Assert.Equal((SwarmEnd.Completed, 0), (outcome.End, outcome.Landed));
        Assert.Equal(["t-1", "t-2"], _repository.Landed().Order());
        Assert.All(_repository.Beads(), bead => Assert.Equal("closed", bead.Status));
        await SaidAsync();
    }

    /// <summary>The journal says of each why nobody works on it.</summary>
    async Task SaidAsync()
    {
        var said = (await _repository.JournalAsync())
            .Where(entry => entry.Event is JournalEvent.RecoveryFound).ToArray();
        Assert.Equal(["t-1", "t-2"], said.Select(entry => entry.Bead!.Value.Value).Order()); // each names its bead
        Assert.All(said, entry => Assert.Contains(
            _repository.Find(entry.Bead!.Value.Value).CloseReason!, // closed by the swarm, which gives one
            ((JournalEvent.RecoveryFound)entry.Event).Finding, StringComparison.Ordinal));
    }

    void Rewrite(string bead, Func<Bead, Bead> change) =>
        _repository.Write(Tracker, string.Concat(_repository.Beads().Select(one =>
            System.Text.Encoding.UTF8.GetString(BeadJson.Write(one.Id.Value == bead ? change(one) : one)) + "\n")));

    /// <summary>The store of another clone, or of a time after this one was lost.</summary>
    void Forget()
    {
        foreach (var file in Directory.GetFiles(Path.Combine(_repository.Path, ".beadswarm"), "swarm.db*"))
        {
            File.Delete(file);
        }
    }
}
