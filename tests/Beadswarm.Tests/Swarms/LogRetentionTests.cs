using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Pipelines;
using Beadswarm.Swarms;
using Beadswarm.Tests.Support;

namespace Beadswarm.Tests.Swarms;

public sealed class LogRetentionTests : IDisposable
{
    static readonly BeadState Completed = new BeadState.Completed("c", DateTimeOffset.UnixEpoch);

    static readonly BeadState Blocked = new BeadState.Blocked("no");

    static readonly BeadState Working = new BeadState.Pending(StageName.Implement, null);

    readonly TemporaryFolder _folder = new();

    [Fact]
    public void The_oldest_logs_of_finished_beads_go_first_and_those_of_unfinished_ones_never() => Assert.Equal(
        ["b", "a", "c"],
        LogRetentionRules.Superfluous(
            [
                Log("a", Completed, 3), Log("b", null, 1), Log("c", Blocked, 0), Log("d", Working, 0),
                Log("e", Blocked, 9),
            ],
            bytesMax: 25).Select(log => log.Files[0]));

    [Fact]
    public void Nothing_goes_while_all_of_it_is_within_the_bound() =>
        Assert.Empty(LogRetentionRules.Superfluous([Log("a", Completed, 1), Log("b", Completed, 2)], bytesMax: 20));

    [Fact]
    public async Task Logs_of_finished_beads_and_of_gates_of_earlier_runs_are_removed_and_what_they_decided_stays()
    {
        var paths = new SwarmPaths(_folder.Path);
        var old = Write(".beadswarm/sessions/t-1/1-implement-1/stdout.log", 3);
        var prompt = Write(".beadswarm/sessions/t-1/1-implement-1/prompt.md", 0);
        var working = Write(".beadswarm/sessions/t-2/2-implement-1/stdout.log", 0);
        var gate = Write(".beadswarm/gates/1/check.log", 0);
        var current = Write(".beadswarm/gates/2/check.log", 0);
        var retention = new LogRetention(
            paths, bytesMax: 20,
            _ => Task.FromResult<IReadOnlyList<(BeadId, BeadState)>>(
                [(BeadId.Parse("t-1"), Completed), (BeadId.Parse("t-2"), Working)]),
            TimeProvider.System);

        await retention.TidyAsync(TestContext.Current.CancellationToken);

        Assert.Equal(
            [false, true, true, false, true],
            new[] { old, prompt, working, gate, current }.Select(File.Exists));
    }

    public void Dispose() => _folder.Dispose();

    string Write(string relative, int ageInDays)
    {
        var path = _folder[relative];
        Directory.CreateDirectory(Path.GetDirectoryName(path)!); // a log is in a folder
        File.WriteAllText(path, "0123456789");
        File.SetLastWriteTimeUtc(path, DateTime.UnixEpoch.AddDays(100 - ageInDays));
        return path;
    }

    static KeptLogs Log(string name, BeadState? state, int at) =>
        new([name], state, DateTimeOffset.UnixEpoch.AddDays(at), 10);
}
