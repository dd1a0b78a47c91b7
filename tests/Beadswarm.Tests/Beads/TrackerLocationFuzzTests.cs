using System.Diagnostics;
using Beadswarm.Beads;
using Beadswarm.Tests.Support;

namespace Beadswarm.Tests.Beads;

/// <summary>The small files that trackers leave beside the backlog, broken.</summary>
public sealed class TrackerLocationFuzzTests : IDisposable
{
    static readonly string[] Names = ["metadata.json", "config.yaml", ".local_version", "redirect", "issues.jsonl"];

    readonly TemporaryFolder _root = new();

    public void Dispose() => _root.Dispose();

    public TrackerLocationFuzzTests()
    {
        Directory.CreateDirectory(_root["elsewhere/.beads"]);
        File.WriteAllText(_root["elsewhere/.beads/issues.jsonl"], "");
    }

    [Fact]
    public Task Any_folder_of_a_tracker_is_found_or_refused_with_a_remedy()
    {
        var beads = Directory.CreateDirectory(_root[".beads"]).FullName;
        return new Fuzz<TrackerLocation>(
            FuzzInputs.Of(
                """{"backend":"dolt","database":"dolt","jsonl_export":"issues.jsonl","last_bd_version":"0.49.6"}""",
                "# x\nissue-prefix: ts\nissue_prefix: 'br'\nstatus.custom: \"triage:active,review:wip\"\n", "1.0.5\n",
                "elsewhere/.beads\n", "# c\n../elsewhere/.beads", """{"id":"ts-1","title":"T","compaction_level":0}"""),
            "backend", "jsonl_export", "elsewhere/.beads", ": ", "dolt_", "0.49", ":active",
            "\"status\": \"tombstone\"")
        {
            Read = input =>
            {
                foreach (var name in Names)
                {
                    File.Delete(Path.Combine(beads, name));
                }

                File.WriteAllText(Path.Combine(beads, "issues.jsonl"), "{}\n");
                File.WriteAllBytes(Path.Combine(beads, Names[input.Choices().Next(Names.Length)]), input.Bytes);
                return TrackerLocation.Find(_root.Path);
            },
            Thrown = error => error is TrackerException { Path: not null } refused
                && refused.Message.Contains("; ", StringComparison.Ordinal) ? refused.Message : null,
            Holds = (_, location) =>
            {
                Assert.True(File.Exists(location.File), location.File);
                Assert.NotEmpty(location.ListedStatuses);
                Assert.NotEmpty(location.DialectReason);
            },
            Count = 1000,
        }.RunAsync();
    }

    [Fact]
    public void A_redirect_that_is_no_path_is_refused()
    {
        Directory.CreateDirectory(_root[".beads"]);
        File.WriteAllText(_root[".beads/redirect"], "../else\0where\n");

        var refused = Assert.Throws<TrackerException>(() => TrackerLocation.Find(_root.Path));

        Assert.Contains("is no path; correct it or delete the file", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Half_a_character_in_the_metadata_hides_nothing_else_of_it()
    {
        Directory.CreateDirectory(_root[".beads"]);
        File.WriteAllText(_root[".beads/issues.jsonl"], "");
        File.WriteAllText(_root[".beads/metadata.json"], """{"\ud800":"\udc00","last_bd_version":"0.49.6"}""");

        Assert.Equal(TrackerDialect.BdClassic, TrackerLocation.Find(_root.Path).Dialect);
    }

    [Theory]
    [InlineData(TrackerLocation.BrLockName)]
    [InlineData(TrackerLocation.BdLockName)]
    public async Task What_a_lock_file_holds_does_not_matter_and_stays(string name)
    {
        var token = TestContext.Current.CancellationToken;
        var folder = Directory.CreateDirectory(_root[".beads"]).FullName;
        var file = Path.Combine(folder, name);
        var inputs = new FuzzInputs(FuzzInputs.Of("4711\n", """{"pid":1,"host":"h"}"""), [], 4096);
        for (var seed = 0; seed < 50; seed++)
        {
            var content = inputs.Make(seed);
            await File.WriteAllBytesAsync(file, content, token);
            using (await TrackerLock.TakeAsync(folder, [file], TimeSpan.Zero, TimeProvider.System, token))
            {
                var held = await Assert.ThrowsAsync<TrackerException>(
                    () => TrackerLock.TakeAsync(folder, [file], TimeSpan.Zero, TimeProvider.System, token));
                Assert.Contains("another program has held", held.Message, StringComparison.Ordinal);
            }

            Assert.Equal(content, await File.ReadAllBytesAsync(file, token));
        }
    }

    [Fact]
    public async Task A_released_lock_is_free_at_once_whatever_processes_are_just_being_started()
    {
        var token = TestContext.Current.CancellationToken;
        var folder = Directory.CreateDirectory(_root[".beads"]).FullName;
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(token);
        var starting = Task.Run(async () =>
        {
            while (!enough.IsCancellationRequested)
            {
                using var started = Process.Start("true");
                await started.WaitForExitAsync(token);
            }
        }, token);

        for (var round = 0; round < 5000; round++)
        {
            using var held = await TrackerLock.TakeAsync(folder, [], TimeSpan.Zero, TimeProvider.System, token);
        }

        await enough.CancelAsync();
        await starting;
    }

    [Fact]
    public async Task A_folder_in_the_place_of_a_lock_file_is_refused_with_a_remedy()
    {
        var folder = Directory.CreateDirectory(_root[".beads"]).FullName;
        var file = Directory.CreateDirectory(Path.Combine(folder, TrackerLocation.BrLockName)).FullName;

        var refused = await Assert.ThrowsAsync<TrackerException>(() => TrackerLock.TakeAsync(
            folder, [file], TimeSpan.Zero, TimeProvider.System, TestContext.Current.CancellationToken));

        Assert.Equal(file, refused.Path);
        Assert.Contains("; ", refused.Message, StringComparison.Ordinal);
    }
}
