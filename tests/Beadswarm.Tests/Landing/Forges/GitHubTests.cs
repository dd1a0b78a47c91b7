using System.Globalization;
using Beadswarm.Landing;
using Beadswarm.Landing.Forges;
using Beadswarm.Tests.Support;
using Beadswarm.Tests.Support.Forges;
using Beadswarm.Tests.Swarms;

namespace Beadswarm.Tests.Landing.Forges;

/// <summary>The forge by the real gh, against a stand-in that answers over HTTPS.</summary>
public sealed class GitHubTests : IAsyncDisposable
{
    static readonly LandingMessage Message = new("t-1: Do it", "", [(LandingMessage.BeadTrailer, "t-1")]);

    readonly TemporaryFolder _folder = new();
    readonly StandInForge _forge;
    readonly GitHub _github;

    public GitHubTests()
    {
        var bare = Path.Combine(_folder.Path, "origin.git");
        SwarmRepository.GitIn(_folder.Path, "init", "-q", "--bare", "-b", "main", bare);
        _forge = new StandInForge(bare);
        var first = Commit([], "start");
        _forge.Git.Set("main", first);
        _forge.Git.Set("work", Commit([first], "work"));
        _github = With(StandInForge.Token);
    }

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await _forge.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_pull_request_is_made_found_read_and_merged_as_exactly_its_head()
    {
        Assert.Null(await _github.FindAsync("work", "main", Cancel));
        var made = await _github.CreateAsync(
            new NewPullRequest("Title \"quoted\" $HOME", "Body\n`ticks` é", "work", "main", Draft: false), Cancel);
        await _github.LabelAsync(made.Number, ["bug", "ü"], Cancel);
        var pull = _forge.Pulls.Single();
        Assert.Equal(("Title \"quoted\" $HOME", "Body\n`ticks` é"), (pull.Title, pull.Body));
        Assert.Equal(["bug", "ü"], pull.Labels);
        Assert.Equal(made.Number, (await _github.FindAsync("work", "main", Cancel))?.Number);

        _forge.Checks = (_, _) => [new StandInCheck("build", Conclusion: "FAILURE", Summary: "line 3")];
        var view = (await _github.ReadAsync([made.Number, 99], Cancel)).Single().Value;
        Assert.Equal(
            (_forge.Git.Branch("work"), Mergeability.Clean, BranchPolicy.Blocks, CheckState.Failed),
            (view.Head, view.Mergeable, view.Policy, view.Checks.Single().State));
        Assert.Contains("line 3", view.Checks[0].Detail, StringComparison.Ordinal);

        Assert.IsType<MergeAnswer.Refused>(await _github.MergeAsync(made.Number, view.Head, Message, false, Cancel));
        _forge.Checks = (_, _) => [];
        Assert.IsType<MergeAnswer.Refused>(
            await _github.MergeAsync(made.Number, _forge.Git.Branch("main")!, Message, false, Cancel));
        var merged = Assert.IsType<MergeAnswer.Merged>(
            await _github.MergeAsync(made.Number, view.Head, Message, false, Cancel));
        Assert.Equal(_forge.Git.Branch("main"), merged.Commit);
        Assert.Equal("t-1: Do it\n\nBead: t-1", _forge.Git.Must("log", "-1", "--format=%B", "main").TrimEnd());
        var state = (await _github.ReadAsync([made.Number], Cancel))[made.Number].State;
        Assert.Equal(new PullRequestState.Merged(merged.Commit), state);
    }

    [Fact]
    public async Task One_that_is_there_already_is_found_by_its_branch_and_not_made_twice()
    {
        var wanted = new NewPullRequest("a", "", "work", "main", Draft: true);
        var first = await _github.CreateAsync(wanted, Cancel);
        var second = await _github.CreateAsync(wanted with { Title = "another" }, Cancel);

        Assert.Equal(first.Number, second.Number);
        Assert.Single(_forge.Pulls);
        await _github.CloseAsync(first.Number, Cancel);
        Assert.Equal("CLOSED", _forge.Pulls[0].State);
        Assert.Null(await _github.FindAsync("work", "main", Cancel));
    }

    [Fact]
    public async Task What_is_said_again_is_not_said_twice_and_people_may_say_the_same()
    {
        var made = await _github.CreateAsync(new NewPullRequest("a", "", "work", "main", Draft: false), Cancel);
        var pull = Assert.Single(_forge.Pulls);
        pull.Comments.Add("done");

        await _github.SayOnceAsync(made.Number, "first", "done", DateTimeOffset.UnixEpoch, Cancel);
        await _github.SayOnceAsync(made.Number, "first", "done, really", DateTimeOffset.UnixEpoch, Cancel);
        await _github.SayOnceAsync(made.Number, "second", "done", DateTimeOffset.UnixEpoch, Cancel);

        Assert.Equal(
            ["done", "done\n\n<!-- beadswarm: first -->", "done\n\n<!-- beadswarm: second -->"], pull.Comments);
    }

    [Fact]
    public async Task The_log_of_a_failed_job_is_followed_to_where_it_is_kept()
    {
        await _github.CreateAsync(new NewPullRequest("a", "", "work", "main", Draft: false), Cancel);
        _forge.Checks = (_, _) =>
        [
            new StandInCheck("build", Conclusion: "FAILURE") { Log = "2026-01-01T10:00:00.1Z it broke\n" },
            new StandInCheck("theirs", Conclusion: "FAILURE"),
        ];

        var checks = (await _github.ReadAsync([1], Cancel))[1].Checks;

        Assert.Equal([31_415_926_535, null], checks.Select(check => check.Job));
        Assert.Equal("it broke", await _github.JobLogAsync(31_415_926_535, Cancel));
        Assert.Null(await _github.JobLogAsync(4, Cancel));
        _forge.Before = request => request.Path.Contains("/actions/", StringComparison.Ordinal)
            ? StandInForge.Message(403, "Must have admin rights to Repository.")
            : null;
        await Assert.ThrowsAsync<ForgeException>(() => _github.JobLogAsync(31_415_926_535, Cancel));
    }

    [Fact]
    public void A_log_is_cut_to_what_failed()
    {
        var log = string.Concat(Enumerable.Range(0, 5000).Select(i => $"\uFEFF2026-01-01T10:00:00.1Z line {i}\n"))
            + "2026-01-01T10:00:00Z ##[error]no\n2026-01-01T10:00:00Z tidied\n";

        var trimmed = JobLog.Trim(log);

        Assert.StartsWith("line 0\n", trimmed, StringComparison.Ordinal);
        Assert.EndsWith("line 4999\n##[error]no", trimmed, StringComparison.Ordinal);
        Assert.InRange(trimmed.Length, 1000, JobLog.BytesMax);
    }

    [Fact]
    public async Task Fifty_are_read_by_two_questions()
    {
        await _github.CreateAsync(new NewPullRequest("a", "", "work", "main", Draft: false), Cancel);

        var views = await _github.ReadAsync([.. Enumerable.Range(1, GitHubViews.NumbersMax + 1)], Cancel);

        Assert.Single(views);
        Assert.Equal(2, _forge.Requests.Count(request => request == "POST /api/graphql"));
    }

    [Fact]
    public async Task A_limit_an_outage_and_an_unknown_token_are_told_apart()
    {
        var reset = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() + 600;
        _forge.Before = _ => StandInForge.Message(
            403, "API rate limit exceeded", ("X-RateLimit-Remaining", "0"),
            ("X-RateLimit-Reset", reset.ToString(CultureInfo.InvariantCulture)));
        var limited = Assert.IsType<ForgeTrouble.RateLimited>(await TroubleAsync(_github));
        Assert.Equal(reset, limited.Until.ToUnixTimeSeconds());

        _forge.Before = _ => new HttpReply(502, "<html>Bad Gateway</html>");
        Assert.IsType<ForgeTrouble.Away>(await TroubleAsync(_github));

        _forge.Before = _ => null;
        Assert.IsType<ForgeTrouble.Unauthorized>(await TroubleAsync(With("ghp_wrong")));
        Assert.IsType<ForgeTrouble.Unauthorized>(await TroubleAsync(With(StandInForge.Token, "owner/elsewhere")));

        await _forge.DisposeAsync();
        Assert.IsType<ForgeTrouble.Away>(await TroubleAsync(_github));
    }

    static async Task<ForgeTrouble> TroubleAsync(GitHub github) =>
        (await Assert.ThrowsAsync<ForgeException>(() => github.ReadAsync([1], Cancel))).Trouble;

    GitHub With(string token, string repository = "owner/project")
    {
        var environment = new Dictionary<string, string>(_forge.Environment)
        {
            ["PATH"] = Gh.SearchPath,
            ["HOME"] = _folder.Path,
            ["GH_ENTERPRISE_TOKEN"] = token,
        };
        return new GitHub(
            new GhProgram(Gh.Program, _folder.Path, "beadswarm-test-gh", environment, TimeProvider.System),
            ForgeAddress.Parse($"{_forge.Host}/{repository}")!, TimeProvider.System);
    }

    string Commit(string[] parents, string content)
    {
        var blob = Path.Combine(_folder.Path, content);
        File.WriteAllText(blob, content);
        var id = _forge.Git.Must("hash-object", "-w", blob);
        _forge.Git.Must("read-tree", "--empty");
        _forge.Git.Must("update-index", "--add", "--cacheinfo", $"100644,{id},{content}.txt");
        if (parents.Length > 0)
        {
            _forge.Git.Must("read-tree", parents[0]);
            _forge.Git.Must("update-index", "--add", "--cacheinfo", $"100644,{id},{content}.txt");
        }

        return _forge.Git.Must([
            "commit-tree", _forge.Git.Must("write-tree"), "-m", content,
            .. parents.SelectMany(parent => new[] { "-p", parent })]);
    }
}
