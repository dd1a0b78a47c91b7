using Beadswarm.Swarms;

namespace Beadswarm.Tests.Swarms;

public sealed class SwarmRunTests : IDisposable
{
    readonly SwarmRepository _repository = new();

    [Fact]
    public async Task A_backlog_goes_in_and_a_green_main_comes_out()
    {
        _repository.Bead("t-1").Bead("t-2", 1, "t-1").Bead("t-3").Commit();

        var outcome = await _repository.RunAsync(_repository.Config());

        Assert.Equal((SwarmEnd.Completed, 3, 0), (outcome.End, outcome.Landed, outcome.Blocked));
        Assert.Equal(["t-1", "t-2", "t-3"], _repository.Landed().Order());
        Assert.True(_repository.Landed().ToList().IndexOf("t-1") < _repository.Landed().ToList().IndexOf("t-2"));
        Assert.All(["t-1", "t-2", "t-3"], bead => Assert.Equal("closed", _repository.StatusOf(bead)));
        Assert.Equal("", _repository.Git("status", "--porcelain"));
        Assert.Equal("1", _repository.Read("work/t-2").Trim());
    }

    public void Dispose() => _repository.Dispose();
}
