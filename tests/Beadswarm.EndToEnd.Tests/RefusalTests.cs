using System.Security.Cryptography;
using System.Text.Json;
using Beadswarm.EndToEnd.Tests.Support;
using Beadswarm.Tests.Support;

namespace Beadswarm.EndToEnd.Tests;

/// <summary>What the command line refuses: one clear error with cause, value and remedy, and nothing changed.</summary>
public sealed class RefusalTests
{
    [Fact]
    public async Task Outside_of_a_repository()
    {
        using var repository = GitRepository.ToBeMade();
        Directory.CreateDirectory(repository.Path);

        await RefusedAsync(repository, 10, ["git"], "run");
    }

    [Fact]
    public async Task Without_a_tracker()
    {
        using var repository = Sound();
        Directory.Delete(repository[".beads"], recursive: true);

        await RefusedAsync(repository, 6, [".beads"], "run");
        await RefusedAsync(repository, 6, [".beads"], "start");
    }

    [Fact]
    public async Task With_two_files_of_the_tracker()
    {
        using var repository = Sound();
        repository.Write(".beads/beads.jsonl", repository.Read(GitRepository.TrackerFile));

        await RefusedAsync(repository, 6, ["beads.jsonl", "issues.jsonl"], "run");
    }

    [Fact]
    public async Task With_the_conflict_markers_of_a_merge()
    {
        using var repository = Sound();
        if (SharedData.Path("beads/steveyegge_beads.conflict-20251023.jsonl") is { } path)
        {
            repository.Tracker(await File.ReadAllBytesAsync(path, Machine.Cancel));
        }
        else
        {
            repository.Write(GitRepository.TrackerFile, "<<<<<<< HEAD\n{}\n=======\n{}\n>>>>>>> other\n");
        }

        await RefusedAsync(repository, 6, ["issues.jsonl", "<<<<<<<", "resolve"], "run");
    }

    [Fact]
    public async Task With_a_broken_line_or_a_bead_twice()
    {
        using var repository = Sound();
        var sound = repository.Read(GitRepository.TrackerFile);

        repository.Write(GitRepository.TrackerFile, sound + "{\"id\":\"a-9\",\n");
        await RefusedAsync(repository, 6, ["issues.jsonl", "line 3", "restore"], "run");

        repository.Write(GitRepository.TrackerFile, sound + sound);
        await RefusedAsync(repository, 6, ["issues.jsonl", "line 3", "a-1", "line 1"], "run");
    }

    [Fact]
    public async Task With_an_unknown_key_or_value_of_the_configuration()
    {
        using var repository = Sound();
        var sound = repository.Read(".beadswarm/swarm.yaml");

        repository.Write(".beadswarm/swarm.yaml", sound + "limitz: { lease: 60s }\n");
        await RefusedAsync(repository, 7, ["limitz", "limits", "swarm.yaml"], "run");
        await RefusedAsync(repository, 7, ["limitz", "limits", "swarm.yaml"], "start");

        repository.Write(".beadswarm/swarm.yaml", sound.Replace("agents: 4", "agents: 1001", StringComparison.Ordinal));
        await RefusedAsync(repository, 7, ["agents", "1001", "0 to 1000"], "run");

        repository.Write(".beadswarm/swarm.yaml", sound);
        await RefusedAsync(repository, 7, ["--set", "landing.batch"], "run", "--set", "landing.batch=many");
        repository.Environment["BEADSWARM_LIMITS_LEASE"] = "soon";
        await RefusedAsync(repository, 7, ["BEADSWARM_LIMITS_LEASE", "soon"], "run");
    }

    [Fact]
    public async Task With_an_unknown_verb_option_or_value_on_the_line()
    {
        using var repository = Sound();

        await RefusedAsync(repository, 1, ["rum", "did you mean 'run'"], "rum");
        await RefusedAsync(repository, 1, ["--agent", "did you mean '--agents'"], "run", "--agent", "3");
        await RefusedAsync(repository, 1, ["--dryrun", "did you mean '--dry-run'"], "run", "--dryrun");
        await RefusedAsync(repository, 1, ["yaml", "json"], "status", "--format", "yaml");
    }

    [Fact]
    public async Task Without_an_agent_to_start()
    {
        using var repository = Sound();
        File.Delete(repository[".beadswarm/swarm.yaml"]);
        Directory.Delete(repository[".beadswarm"]);
        repository.Environment["PATH"] = "/usr/bin:/bin";

        await RefusedAsync(repository, 7, ["no agent", "--runner"], "run");
    }

    [Fact]
    public async Task About_a_bead_or_a_swarm_that_is_not_there()
    {
        using var repository = Sound();

        await RefusedAsync(repository, 13, ["a-9"], "why", "a-9");
        await RefusedAsync(repository, 12, ["swarm"], "retry", "a-1");
        await RefusedAsync(repository, 12, ["swarm"], "release", "a-1");
        await RefusedAsync(repository, 12, ["swarm", "start"], "attach");
    }

    static GitRepository Sound() => Scenario.Repository([new("a-1"), new("a-2")]);

    /// <summary>In both formats; the tree of files is the same before and after, byte for byte.</summary>
    static async Task RefusedAsync(
        GitRepository repository, int exitCode, string[] mentions, params string[] arguments)
    {
        var before = Everything(repository.Root);

        var text = await repository.MustAsync(exitCode, arguments);
        var json = await repository.MustAsync(
            exitCode, arguments.Contains("--format") ? arguments : [.. arguments, "--format", "json"]);

        Assert.Equal("", text.Out);
        Assert.StartsWith("beadswarm: ", text.Error);
        Assert.All(mentions, mention => Assert.Contains(mention, text.Error));
        Assert.DoesNotContain("   at ", text.Error);
        Assert.Equal("", json.Out);
        if (!arguments.Contains("--format"))
        {
            var error = JsonDocument.Parse(Assert.Single(json.Error.TrimEnd('\n').Split('\n'))).RootElement;
            Assert.Equal("error", error.GetProperty("type").GetString());
            Assert.Equal(exitCode, error.GetProperty("code").GetInt32());
        }

        Assert.Equal(before, Everything(repository.Root));
    }

    static IReadOnlyList<string> Everything(string root) =>
    [
        .. Directory.EnumerateFileSystemEntries(root, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
            .Select(path => Directory.Exists(path)
                ? path
                : $"{path} {Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path)))}"),
    ];
}
