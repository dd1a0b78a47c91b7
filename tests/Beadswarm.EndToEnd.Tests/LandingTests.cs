using Beadswarm.EndToEnd.Tests.Audit;
using Beadswarm.EndToEnd.Tests.Support;

namespace Beadswarm.EndToEnd.Tests;

/// <summary>The shortest run there is, with and without a remote.</summary>
public sealed class LandingTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Beads_land_on_the_target(bool remote)
    {
        using var repository = Scenario.Repository(
            [new("a-1"), new("a-2", 1, "a-1"), new("a-3", 0), new("a-4", 2, "a-2", "a-3")]);
        if (remote)
        {
            repository.AddOrigin();
        }

        var before = Baseline.Take(repository);

        var summary = Summary.Of(await repository.MustAsync(0, "run", "--format", "json"));

        Assert.Equal(4, summary.Landed);
        await OutsideAudit.PassAsync(repository, before);
    }
}
