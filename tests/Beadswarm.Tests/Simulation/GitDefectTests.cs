using System.Reflection;
using Beadswarm.Simulation.Git;
using Beadswarm.Tests.Landing;
using Beadswarm.Tests.Workspaces;

namespace Beadswarm.Tests.Simulation;

/// <summary>
/// Every mistake that can be planted breaks a case of the conformance suites; without one, none is broken.
/// </summary>
public sealed class GitDefectTests
{
    public static TheoryData<string> Defects => [.. typeof(GitDefects).GetProperties().Select(found => found.Name)];

    [Theory]
    [MemberData(nameof(Defects))]
    public async Task A_planted_defect_breaks_a_case_of_the_conformance_suites(string defect)
    {
        var defects = new GitDefects();
        typeof(GitDefects).GetProperty(defect)!.SetValue(defects, true);
        Assert.NotEmpty(await BrokenAsync(defects));
    }

    [Fact]
    public async Task Without_a_planted_defect_no_case_is_broken() => Assert.Empty(await BrokenAsync(new GitDefects()));

    static async Task<IReadOnlyList<string>> BrokenAsync(GitDefects defects) =>
    [
        .. await BrokenCasesAsync(new Landing(defects, hasRemote: false)),
        .. await BrokenCasesAsync(new Landing(defects, hasRemote: true)),
        .. await BrokenCasesAsync(new Agents(defects)),
    ];

    static async Task<IEnumerable<string>> BrokenCasesAsync(object suite)
    {
        var broken = new List<string>();
        var cases = suite.GetType().GetMethods().Where(found => found.GetCustomAttribute<FactAttribute>() is not null);
        foreach (var test in cases)
        {
            try
            {
                await (Task)test.Invoke(suite, [])!;
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                broken.Add($"{test.Name}: {exception.Message}");
            }
        }

        return broken;
    }

    /// <summary>The suite of landing on a simulated git with a defect.</summary>
    sealed class Landing(GitDefects defects, bool hasRemote) : LandingConformance
    {
        private protected override Task<LandingWorld> OpenAsync(params (string Path, string Text)[] files) =>
            Task.FromResult<LandingWorld>(new SimulatedSetup(hasRemote, defects, files: files));
    }

    /// <summary>The suite of workspaces on a simulated git with a defect.</summary>
    sealed class Agents(GitDefects defects) : WorkspacesConformance
    {
        private protected override Task<LandingWorld> OpenAsync(params (string Path, string Text)[] files) =>
            Task.FromResult<LandingWorld>(new SimulatedSetup(hasRemote: false, defects, files: files));
    }
}
