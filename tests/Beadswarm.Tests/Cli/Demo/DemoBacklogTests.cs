using Beadswarm.Beads;
using Beadswarm.Cli.Demo;
using Beadswarm.Tests.Support;

namespace Beadswarm.Tests.Cli.Demo;

public sealed class DemoBacklogTests
{
    [Fact]
    public async Task Every_function_done_right_passes_its_checks()
    {
        using var folder = Write(DemoBacklog.Create(60, seed: 1));
        foreach (var bead in DemoBacklog.Create(60, seed: 1).Beads.Where(bead => bead.Fate != DemoFate.Impossible))
        {
            Do(folder, bead, bead.Function?.Body);
        }

        var output = await Shell.RunAsync(folder.Path, "sh", "test.sh");

        Assert.True(output.ExitCode == 0, output.Out + output.Error);
        Assert.EndsWith(" checks, 0 failed\n", output.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_function_done_wrong_is_caught_by_name()
    {
        var backlog = DemoBacklog.Create(60, seed: 1);
        using var folder = Write(backlog);
        var possible = backlog.Beads
            .Where(bead => bead.Function is not null && bead.Fate != DemoFate.Impossible).ToArray();
        foreach (var bead in possible)
        {
            Do(folder, bead, bead.Function!.WrongBody); // only beads with a function are left
        }

        var output = await Shell.RunAsync(folder.Path, "sh", "test.sh");

        Assert.Equal(1, output.ExitCode);
        Assert.All(
            possible, bead => Assert.Contains($"FAIL {bead.Feature}: ", output.Out, StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_impossible_bead_fails_whichever_way_it_is_done()
    {
        var backlog = DemoBacklog.Create(4, seed: 1);
        using var folder = Write(backlog);
        var bead = backlog.Beads.Single(bead => bead.Fate == DemoFate.Impossible);

        foreach (var body in new[] { DemoBacklog.RoundHalf.Body, DemoBacklog.RoundHalf.WrongBody })
        {
            Do(folder, bead, body);
            Assert.Equal(1, (await Shell.RunAsync(folder.Path, "sh", "test.sh")).ExitCode);
        }
    }

    [Fact]
    public async Task The_repository_is_green_before_anything_is_done()
    {
        using var folder = Write(DemoBacklog.Create(25, seed: 1));

        Assert.Equal("0 checks, 0 failed\n", await Shell.MustAsync(folder.Path, "sh", "test.sh"));
    }

    [Fact]
    public async Task A_function_that_no_feature_names_fails_the_gate()
    {
        using var folder = Write(DemoBacklog.Create(4, seed: 1));
        Save(folder, "lib/stray.sh", "stray() { cat; }\n");

        var output = await Shell.RunAsync(folder.Path, "sh", "test.sh");

        Assert.Equal("FAIL lib/stray.sh is not named in features/\n0 checks, 1 failed\n", output.Out);
    }

    [Theory]
    [InlineData(4)]
    [InlineData(25)]
    [InlineData(200)]
    public void Every_bead_can_become_ready_and_one_alone_cannot_land(int beads)
    {
        var backlog = DemoBacklog.Create(beads, seed: 7);
        var text = DemoFiles.Backlog(backlog, new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
        var read = Backlog.Parse("issues.jsonl", System.Text.Encoding.UTF8.GetBytes(text), TrackerDialect.Bd);

        Assert.Equal(beads, backlog.Beads.Count);
        Assert.Equal(beads - 1, backlog.LandingExpected);
        Assert.Equal(beads + 1, read.Beads.Count);
        Assert.Empty(BeadCycles.Find(new BeadGraph(read.Beads)));
        Assert.Empty(new BeadGraph(read.Beads).Dangling);
        Assert.DoesNotContain(
            backlog.Beads,
            bead => bead.BlockedBy.Contains(backlog.Beads.Single(other => other.Fate == DemoFate.Impossible).Id));
    }

    [Fact]
    public void The_same_seed_gives_the_same_backlog_and_another_one_another()
    {
        Assert.Equal(Text(3), Text(3));
        Assert.NotEqual(Text(3), Text(4));

        static string Text(int seed) => DemoFiles.Backlog(DemoBacklog.Create(25, seed), DateTimeOffset.UnixEpoch)
            + string.Join(' ', DemoBacklog.Create(25, seed).Beads.Select(bead => bead.Fate));
    }

    [Fact]
    public void Every_way_to_go_wrong_happens_in_the_default_demo() =>
        Assert.Superset(
            Enum.GetValues<DemoFate>().ToHashSet(),
            DemoBacklog.Create(25, seed: 1).Beads.Select(bead => bead.Fate).ToHashSet());

    static TemporaryFolder Write(DemoBacklog backlog)
    {
        var folder = new TemporaryFolder();
        foreach (var (path, content) in DemoFiles.Initial(backlog))
        {
            Save(folder, path, content);
        }

        return folder;
    }

    static void Do(TemporaryFolder folder, DemoBead bead, string? body)
    {
        Save(folder, DemoFiles.FeaturePath(bead), DemoFiles.Feature(bead));
        if (bead.Function is { } function)
        {
            var library = DemoFiles.Library(function, body!, described: true); // a function comes with a body
            Save(folder, DemoFiles.LibraryPath(function), library);
            foreach (var (path, content) in DemoFiles.EmptyInput(bead, function))
            {
                Save(folder, path, content);
            }
        }
        else
        {
            var lines = File.ReadAllLines(folder["README.md"]);
            lines[2] += " " + DemoBacklog.SameLine.Single(doc => doc.Feature == bead.Feature).Sentence;
            File.WriteAllLines(folder["README.md"], lines);
        }
    }

    static void Save(TemporaryFolder folder, string path, string content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(folder[path])!);
        File.WriteAllText(folder[path], content);
    }
}
