using Beadswarm.Configuration;
using Beadswarm.Diagnosis;
using Beadswarm.Git;
using Beadswarm.Landing.Forges;
using Beadswarm.Tests.Support.Forges;
using Beadswarm.Tests.Swarms;
using Beadswarm.Workspaces;

namespace Beadswarm.Tests.Diagnosis;

/// <summary>What doctor sees of the forge, by the real gh.</summary>
public sealed class ForgeExaminationTests : IDisposable
{
    readonly SwarmRepository _repository = new();

    public ForgeExaminationTests()
    {
        _repository.Write("a.txt", "1\n");
        _repository.Commit();
        _repository.Git("remote", "add", "origin", "https://github.example/owner/name.git");
    }

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_user_who_is_not_logged_in_is_told_so_with_the_version_of_the_program()
    {
        var found = Assert.IsType<ForgeFacts.Found>(await LookAsync(Gh.Program));

        Assert.StartsWith("gh version ", found.Version, StringComparison.Ordinal);
        Assert.Equal("github.example/owner/name", found.Address.ToString());
        Assert.IsType<ForgeTrouble.Unauthorized>(found.Trouble);
    }

    [Fact]
    public async Task A_program_that_is_not_there_is_told() =>
        Assert.Equal("no-such-gh", Assert.IsType<ForgeFacts.Missing>(await LookAsync("no-such-gh")).Program);

    [Fact]
    public async Task A_remote_that_is_no_forge_and_another_mode_are_told_apart()
    {
        _repository.Git("remote", "set-url", "origin", "/srv/git");

        Assert.IsType<ForgeFacts.Nowhere>(await LookAsync(Gh.Program));
        Assert.Null(await LookAsync(Gh.Program, LandingMode.Queue));
    }

    async Task<ForgeFacts?> LookAsync(string program, LandingMode mode = LandingMode.PullRequest)
    {
        var config = _repository.Config(change: config => config with
        {
            Landing = config.Landing with
            {
                Mode = mode,
                Remote = "origin",
                PullRequest = new PullRequestConfig { Program = program },
            },
        });
        var environment = new Dictionary<string, string>(SwarmRepository.Environment)
        {
            ["PATH"] = Gh.SearchPath,
            ["GH_CONFIG_DIR"] = Path.Combine(_repository.Path, ".git", "no-accounts"),
        };
        var scope = new ExaminationScope(
            _repository.Path, config, [], environment, TimeProvider.System, Quiet: false, Holder: null);
        var user = await UserRepository.OpenAsync(
            new GitRunner(GitSettings.From(environment, TimeProvider.System)), _repository.Path, Cancel);
        return await ForgeExamination.LookAsync(scope, user, Cancel);
    }

    public void Dispose() => _repository.Dispose();
}
