using System.Diagnostics;
using Beadswarm.Beads;
using Beadswarm.Tests.Support;

namespace Beadswarm.Tests.Beads;

/// <summary>One writer among others: locks, atomic replacement, merging, and what a crash leaves.</summary>
public sealed class JsonlTrackerTests : IDisposable
{
    const string One = """{"id":"ts-1","title":"One","status":"open","updated_at":"2026-01-01T00:00:00Z"}""";
    const string Two = """{"id":"ts-2","title":"Two","status":"open","updated_at":"2026-01-01T00:00:00Z","x":1}""";

    static readonly string[] LockNames = [".write.lock", ".jsonl.lock"];
    static readonly BeadId First = BeadId.Parse("ts-1");

    readonly TemporaryFolder _root = new();

    public JsonlTrackerTests()
    {
        Directory.CreateDirectory(_root[".beads"]);
        File.WriteAllText(Backlog, $"{One}\n{Two}\n");
    }

    static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    string Backlog => _root[".beads/issues.jsonl"];

    public void Dispose() => _root.Dispose();

    [Fact]
    public async Task What_is_applied_is_read_back_and_the_rest_is_untouched()
    {
        var tracker = Tracker();

        var missing = await tracker.ApplyAsync(
            [new BeadChange.Close(First, "landed"), new BeadChange.Close(BeadId.Parse("ts-9"), "landed")], Cancelled);

        Assert.Equal("ts-9", string.Join(' ', missing));
        var beads = (await tracker.ReadAsync(Cancelled)).Beads;
        Assert.Equal(("closed", "landed"), (beads[0].Status, beads[0].CloseReason));
        Assert.Equal(Two, Lines()[1]);
        Assert.Equal(["issues.jsonl"], Entries());
    }

    [Fact]
    public async Task Applying_twice_writes_once()
    {
        var tracker = Tracker();
        BeadChange[] changes = [new BeadChange.Start(First, "s")];
        await tracker.ApplyAsync(changes, Cancelled);
        var (stamp, bytes) = (tracker.ChangeStamp(), Bytes());

        await tracker.ApplyAsync(changes, Cancelled);

        Assert.Equal(stamp, tracker.ChangeStamp());
        Assert.Equal(bytes, Bytes());
    }

    [Fact]
    public async Task What_somebody_wrote_since_the_last_read_is_merged()
    {
        var tracker = Tracker();
        await tracker.ReadAsync(Cancelled);
        var theirs = Two.Replace("open", "deferred", StringComparison.Ordinal);
        Write(Backlog, $"{One.Replace("One", "Edited", StringComparison.Ordinal)}\n{theirs}\n");

        await tracker.ApplyAsync([new BeadChange.Start(First, "s")], Cancelled);

        var lines = Lines();
        Assert.Contains(
            "\"title\":\"Edited\",\"status\":\"in_progress\",\"assignee\":\"s\"", lines[0], StringComparison.Ordinal);
        Assert.Equal(theirs, lines[1]);
    }

    [Fact]
    public async Task The_mode_of_the_file_and_a_link_to_it_survive()
    {
        File.Move(Backlog, _root["real.jsonl"]);
        File.CreateSymbolicLink(Backlog, _root["real.jsonl"]);
        const UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherWrite;
        SetMode(_root["real.jsonl"], mode);

        await Tracker().ApplyAsync([new BeadChange.Start(First, "s")], Cancelled);

        Assert.Equal(_root["real.jsonl"], new FileInfo(Backlog).LinkTarget);
        Assert.Equal(mode, ModeOf(_root["real.jsonl"]));
        Assert.Contains("in_progress", Text(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failure_before_the_rename_leaves_the_old_file_whole()
    {
        var before = Bytes();
        var seen = "";
        var tracker = Tracker(beforeReplace: () =>
        {
            seen = string.Join(' ', Entries());
            throw new IOException("no space left on device");
        });

        var refused = await Assert.ThrowsAsync<TrackerException>(
            () => tracker.ApplyAsync([new BeadChange.Start(First, "s")], Cancelled));

        Assert.Contains("no space left on device; nothing was changed", refused.Message, StringComparison.Ordinal);
        Assert.Contains(".beadswarm.tmp", seen, StringComparison.Ordinal);
        Assert.Equal(before, Bytes());
        Assert.Equal(["issues.jsonl"], Entries());
    }

    [Fact]
    public async Task What_a_killed_writer_left_is_ignored_and_removed()
    {
        Write(_root[".beads/issues.jsonl.4711.beadswarm.tmp"], "{\"id\":\"ts-1\",\"tit");
        Write(_root[".beads/issues.jsonl.4711.tmp"], "br's own");

        var beads = (await Tracker().ReadAsync(Cancelled)).Beads;
        await Tracker().ApplyAsync([new BeadChange.Start(First, "s")], Cancelled);

        Assert.Equal("ts-1 ts-2", Some.Ids(beads));
        Assert.Equal(["issues.jsonl", "issues.jsonl.4711.tmp"], Entries());
    }

    [Theory]
    [InlineData("Br", ".write.lock")]
    [InlineData("BdClassic", ".jsonl.lock")]
    public async Task A_tracker_that_holds_its_lock_is_waited_for(string program, string name)
    {
        var dialect = Enum.Parse<TrackerDialect>(program);
        var path = _root[$".beads/{name}"];
        using var holder = Process.Start(new ProcessStartInfo("flock", [path, "-c", "echo held; read line"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        Assert.Equal("held", await holder.StandardOutput.ReadLineAsync(Cancelled));

        var impatient = Tracker(dialect, TimeSpan.Zero);
        var refused = await Assert.ThrowsAsync<TrackerException>(
            () => impatient.ApplyAsync([new BeadChange.Start(First, "s")], Cancelled));
        Assert.Contains($"another program has held {path}", refused.Message, StringComparison.Ordinal);
        Assert.Contains(One, Text(), StringComparison.Ordinal);

        var waiting = Tracker(dialect).ApplyAsync([new BeadChange.Start(First, "s")], Cancelled);
        Assert.False(waiting.IsCompleted);
        holder.StandardInput.Close();
        await waiting;
        await holder.WaitForExitAsync(Cancelled);
        Assert.Contains("in_progress", Text(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task While_the_swarm_writes_the_trackers_find_their_locks_taken()
    {
        // br is at home here (it told git what to ignore); bd has been here.
        Write(_root[".beads/.gitignore"], "*.lock");
        Write(_root[".beads/.jsonl.lock"], "");
        var codes = new List<int>();
        var tracker = Tracker(TrackerDialect.Br, beforeReplace: () =>
        {
            foreach (var name in LockNames)
            {
                using var flock = Process.Start("flock", ["-n", "-E", "77", _root[$".beads/{name}"], "true"]);
                flock.WaitForExit();
                codes.Add(flock.ExitCode);
            }
        });

        await tracker.ApplyAsync([new BeadChange.Start(First, "s")], Cancelled);

        Assert.Equal([77, 77], codes);
    }

    [Fact]
    public async Task A_writer_of_the_swarm_in_another_process_is_waited_for()
    {
        using var holder = Process.Start(new ProcessStartInfo("flock", [_root[".beads"], "-c", "echo held; read line"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        Assert.Equal("held", await holder.StandardOutput.ReadLineAsync(Cancelled));

        var refused = await Assert.ThrowsAsync<TrackerException>(() => Tracker(lockWaitMax: TimeSpan.Zero)
            .ApplyAsync([new BeadChange.Start(First, "s")], Cancelled));
        Assert.Contains("another program has held", refused.Message, StringComparison.Ordinal);

        holder.StandardInput.Close();
        await Tracker().ApplyAsync([new BeadChange.Start(First, "s")], Cancelled);
        await holder.WaitForExitAsync(Cancelled);
        Assert.Contains("in_progress", Text(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Many_writers_at_once_lose_nothing()
    {
        var lines = Enumerable.Range(1, 24).Select(i => One.Replace("ts-1", $"ts-{i}", StringComparison.Ordinal));
        Write(Backlog, string.Join('\n', lines) + "\n");

        await Task.WhenAll(Enumerable.Range(1, 24).Select(i => Tracker()
            .ApplyAsync([new BeadChange.Start(BeadId.Parse($"ts-{i}"), $"agent-{i}")], Cancelled)));

        var beads = (await Tracker().ReadAsync(Cancelled)).Beads;
        Assert.All(beads, bead => Assert.Equal($"agent-{bead.Id.Value[3..]}", bead.Assignee));
        Assert.Equal(24, beads.Count);
    }

    [Fact]
    public async Task A_second_file_that_appears_is_an_error_and_a_change()
    {
        var tracker = Tracker();
        var before = tracker.ChangeStamp();
        Write(_root[".beads/beads.jsonl"], Two);

        Assert.NotEqual(before, tracker.ChangeStamp());
        await Assert.ThrowsAsync<TrackerException>(() => tracker.ReadAsync(Cancelled));
        await Assert.ThrowsAsync<TrackerException>(
            () => tracker.ApplyAsync([new BeadChange.Start(First, "s")], Cancelled));
        Assert.Contains(One, Text(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_stamp_differs_after_a_change_of_the_same_size()
    {
        var tracker = Tracker();
        var before = tracker.ChangeStamp();

        Write(_root["new"], Text().Replace("One", "Eno", StringComparison.Ordinal));
        File.SetLastWriteTimeUtc(_root["new"], File.GetLastWriteTimeUtc(Backlog));
        File.Move(_root["new"], Backlog, overwrite: true);

        Assert.NotEqual(before, tracker.ChangeStamp());
        File.Delete(Backlog);
        Assert.Equal("absent", tracker.ChangeStamp());
    }

    JsonlTracker Tracker(
        TrackerDialect dialect = TrackerDialect.Bd, TimeSpan? lockWaitMax = null, Action? beforeReplace = null) =>
        new(TrackerLocation.Find(_root.Path, dialect), TimeProvider.System, lockWaitMax, beforeReplace);

    string Text() => File.ReadAllText(Backlog);

    string[] Lines() => File.ReadAllLines(Backlog);

    byte[] Bytes() => File.ReadAllBytes(Backlog);

    static void Write(string path, string text) => File.WriteAllText(path, text);

    // The product keeps the mode only where there are modes; so does this test.
    static void SetMode(string path, UnixFileMode mode)
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, mode);
        }
    }

    static UnixFileMode ModeOf(string path) => OperatingSystem.IsWindows() ? default : File.GetUnixFileMode(path);

    string[] Entries() =>
    [
        .. Directory.EnumerateFiles(_root[".beads"]).Select(path => Path.GetFileName(path))
            .OrderBy(name => name != "issues.jsonl").ThenBy(name => name, StringComparer.Ordinal),
    ];
}
