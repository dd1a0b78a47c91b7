using Beadswarm.EndToEnd.Tests.Audit;
using Beadswarm.EndToEnd.Tests.Support;

namespace Beadswarm.EndToEnd.Tests.Chaos;

/// <summary>
/// The tracker's folder cannot be written; the store's file is damaged. docs/guides/damage.md is about it.
/// </summary>
[Trait("Speed", "slow")]
public sealed class DamageTests
{
    const string Store = ".beadswarm/swarm.db";

    [Fact]
    public async Task A_tracker_that_cannot_be_written_is_waited_for_with_one_message()
    {
        using var repository = ChaosScenario.Repository();
        var before = Baseline.Take(repository);
        using var readOnly = Mount.ReadOnly(repository[".beads"]);
        await using var run = RunningSwarm.Start(repository);
        var reason = await run.HeldAsync("tracker");
        Assert.Contains($"cannot write {repository[GitRepository.TrackerFile]}", reason);
        Assert.Contains("make the folder writable", reason);
        await run.WaitForAsync("bead.landed", 3);

        readOnly.Dispose();

        Assert.Equal(3, Summary.Of(await run.EndAsync()).Landed);
        Assert.Single(run.Lines, line => line.Contains("component.held", StringComparison.Ordinal)
            && line.Contains("\"component\":\"tracker\"", StringComparison.Ordinal));
        await Undisturbed.RequireAsync(repository, before);
    }

    /// <summary>
    /// One swarm that was ended in the middle, damaged in every way in turn; then the way back that the guide tells.
    /// </summary>
    [Fact]
    public async Task A_damaged_store_is_refused_with_its_name_and_the_way_back_loses_nothing()
    {
        BeadLine[] beads = [.. Enumerable.Range(1, 3).Select(number => new BeadLine($"a-{number}") { Age = number })];
        using var repository = Scenario.Repository(beads, agents: 1, script: Scenario.Waiting("a-2"));
        var before = Baseline.Take(repository);
        await using (var run = RunningSwarm.Start(repository))
        {
            // The second one is at work until it is told to go on, and the tracker knows of the first.
            await run.WaitForAsync(line => line.GetProperty("type").GetString() == "tracker.told"
                && line.GetProperty("change").GetString() == "close");
            run.Signal(RunningSwarm.Terminate);
            Assert.Equal(130, (await run.EndAsync()).ExitCode);
        }

        Scenario.GoOn(repository);
        var tracker = repository.Read(GitRepository.TrackerFile);
        var tip = repository.Git("rev-parse", "main");
        var sound = await File.ReadAllBytesAsync(repository[Store], Machine.Cancel);
        foreach (var (what, damage) in ((string, Func<byte[], byte[]>)[])
        [
            ("bytes in the middle", bytes => [.. bytes[..12288], .. Noise(16384), .. bytes[28672..]]),
            ("cut off", bytes => bytes[..(bytes.Length / 2)]),
            ("cut off within a page", bytes => bytes[..10000]),
            ("no head", bytes => [.. new byte[100], .. bytes[100..]]),
            ("empty", _ => []),
        ])
        {
            await File.WriteAllBytesAsync(repository[Store], damage(sound), Machine.Cancel);
            foreach (var verb in (string[])["run", "audit"])
            {
                var refused = await repository.RunAsync(verb);
                Assert.True(refused.ExitCode == 8, $"{what}, {verb}: {refused}");
                Assert.Contains(repository[Store], refused.Error);
                Assert.Contains(what == "empty" && verb == "audit" ? "start a swarm" : "move it away", refused.Error);
            }

            Assert.Equal(tracker, repository.Read(GitRepository.TrackerFile));
            Assert.Equal(tip, repository.Git("rev-parse", "main"));
        }

        foreach (var suffix in (string[])["", "-wal", "-shm"])
        {
            File.Delete(repository[Store + suffix]);
        }

        await repository.MustAsync(0, "run", "--format", "json");

        var trailers = repository.Git("log", "--format=%(trailers:key=Bead,valueonly)", "main")
            .Split('\n', StringSplitOptions.RemoveEmptyEntries).Order();
        Assert.Equal(beads.Select(bead => bead.Id), trailers);
        Assert.DoesNotContain("\"status\":\"open\"", repository.Read(GitRepository.TrackerFile));
        await repository.MustAsync(0, "audit");
        await repository.MustAsync(0, "doctor");
        Assert.Empty(SurroundingsAudit.Check(repository, before, "main"));
    }

    /// <summary>What a loss of power does to a disk that lied: the last that was recorded is gone.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_log_of_the_store_that_is_damaged_or_cut_off_at_its_end_costs_no_work(bool cut)
    {
        using var repository = ChaosScenario.Repository();
        var before = Baseline.Take(repository);
        await using (var run = RunningSwarm.Start(repository))
        {
            await run.WaitForAsync("stage.ended", 2);
            await run.KillAsync();
        }

        using (var log = File.OpenWrite(repository[Store + "-wal"]))
        {
            const int Tail = 3000;
            Assert.True(log.Length > Tail);
            if (cut)
            {
                log.SetLength(log.Length - Tail);
            }
            else
            {
                log.Seek(-Tail, SeekOrigin.End);
                log.Write(Noise(1000));
            }
        }

        await repository.MustAsync(0, "run", "--format", "json");
        await Undisturbed.RequireAsync(repository, before);
    }

    static byte[] Noise(int length)
    {
        var bytes = new byte[length];
        new Random(1).NextBytes(bytes);
        return bytes;
    }
}
