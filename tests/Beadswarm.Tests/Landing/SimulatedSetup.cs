using Beadswarm.Git;
using Beadswarm.Landing;
using Beadswarm.Simulation.Git;
using Beadswarm.Tests.Support;
using Beadswarm.Workspaces;

namespace Beadswarm.Tests.Landing;

/// <summary>The simulated git of one orchestrator, and everything it would find on the disks.</summary>
sealed class SimulatedSetup : LandingWorld
{
    static readonly BranchName Main = new("main");

    readonly FakeTime _time = new();

    public SimulatedSetup(bool hasRemote, GitDefects? defects = null, params (string Path, string Text)[] files)
    {
        Git = new SimulatedGit(new SimulatedGitSetup
        {
            HasRemote = hasRemote,
            When = When,
            Files = files.Length == 0 ? [("README.md", "hello\n")]
                : [.. files.Select(file => (file.Path, (string?)file.Text))],
        });
        Hands = new GitHands(Git, new GitHandsOptions
        {
            Time = _time,
            Defects = defects ?? new GitDefects(),
            StepAsync = at => at == AnswersLostAt
                ? Task.FromException(new AnswerLostException("the push was killed"))
                : Task.CompletedTask,
        });
        Lander = Hands.Open(Main, epoch: null);
        Workspaces = Hands.OpenWorkspaces(new WorkspaceOptions());
    }

    public SimulatedGit Git { get; }

    public GitHands Hands { get; }

    public override ILandingRepository Lander { get; }

    public override IWorkspaces Workspaces { get; }

    /// <summary>The step at which the answer of a push gets lost; null: none does.</summary>
    public string? AnswersLostAt { get; set; }

    public ForeignUser Foreign => new(Git);

    public override Task<ILandingRepository> OpenAsync(string branch) =>
        Task.FromResult<ILandingRepository>(Hands.Open(new BranchName(branch), epoch: null));

    public override async Task<ILandingRepository> TakeOverAsync() =>
        Hands.Open(Main, await Hands.BeginEpochAsync(Git.Remote is null ? Git.User : Git.Hub, Cancel));

    public override Task<CommitId> ForeignAsync(string subject, params (string Path, string? Text)[] files) =>
        Task.FromResult(Foreign.Push(Main, subject + "\n", When, files)!.Value);

    public override Task<CommitId> TargetAsync() => Task.FromResult(Git.Tip!.Id);

    public override Task<IReadOnlyList<CommitId>> ParentsAsync(CommitId commit) =>
        Task.FromResult<IReadOnlyList<CommitId>>([.. Git[commit].Parents.Select(parent => parent.Id)]);

    public override Task<IReadOnlyDictionary<string, string>> FilesAsync(CommitId commit) =>
        Task.FromResult(Texts(Git[commit].Tree));

    public override Task<CommitId?> RefAsync(string name) =>
        Task.FromResult(Git.Hub.Find(name) is { } id ? new CommitId(id) : (CommitId?)null);

    public override Task<IReadOnlyList<CommitId>> RefsAsync(string prefix) =>
        Task.FromResult<IReadOnlyList<CommitId>>(
            [.. Git.Hub.All.Where(entry => entry.Key.StartsWith(prefix, StringComparison.Ordinal))
                .Select(entry => new CommitId(entry.Value))]);

    public override IReadOnlyDictionary<string, string> Folder(string path) => Texts(Git.FolderAt(path).Files);

    public override void Write(string path, string name, string? text) => Git.FolderAt(path).Write(name, text);

    public override Task<CommitId> CommitAsync(
        string path, string subject, params (string Path, string? Text)[] files)
    {
        foreach (var (name, text) in files)
        {
            Write(path, name, text);
        }

        return Task.FromResult(Git.FolderAt(path).Commit(subject + "\n", When));
    }

    public override Task DetachAsync(string path, CommitId at)
    {
        Git.FolderAt(path).Detach(at);
        return Task.CompletedTask;
    }

    public override Task SwitchAsync(string path, BranchName branch)
    {
        Git.FolderAt(path).Switch(branch);
        return Task.CompletedTask;
    }

    public override Task MergeAsync(string path, CommitId other)
    {
        Git.FolderAt(path).Merge(other);
        return Task.CompletedTask;
    }

    public override Task RebaseAsync(string path, CommitId onto)
    {
        Git.FolderAt(path).BeginRebase(onto);
        return Task.CompletedTask;
    }

    public override Task<(BranchName? Branch, CommitId At, bool Busy)> HeadAsync(string path)
    {
        var folder = Git.FolderAt(path);
        return Task.FromResult(
            (folder.Branch, folder.Head!.Id, folder.MergeHead is not null || folder.RebaseUnderWay));
    }

    public override IReadOnlyDictionary<string, string> UserFolder => Texts(Git.Checkout!.Files);

    public override void UserWrites(string name, string? text) => Git.Checkout!.Write(name, text);

    public override Task<CommitId> UserCommitsAsync(string subject) =>
        Task.FromResult(Git.Checkout!.Commit(subject + "\n", When)!.Value);

    public override Task UserSwitchesAsync(string branch)
    {
        Assert.True(Git.Checkout!.SwitchToNew(new BranchName(branch)));
        return Task.CompletedTask;
    }

    public override Task<IReadOnlyList<string>> UserChangesAsync()
    {
        var checkout = Git.Checkout!;
        var head = Git[Git.User.Find(checkout.Branch!.Value)!.Value].Tree;
        return Task.FromResult<IReadOnlyList<string>>(
            [.. FileTree.Differences(head, checkout.Index).Concat(FileTree.Differences(checkout.Index, checkout.Files))
                .Select(change => change.Path).Distinct()]);
    }

    public override Task RefusePushesAsync(string reason)
    {
        Git.Remote!.RefusesBecause = reason;
        return Task.CompletedTask;
    }

    public override void RemoveRemote() => Git.Remote!.Away = true;

    public override async Task<AdvanceOutcome> AdvanceKilledAsync(
        CommitId expected, CommitId candidate, bool decided)
    {
        AnswersLostAt = decided ? GitStep.PushArrived : GitStep.PushSent;
        var outcome = await AdvanceAsync(expected, candidate);
        AnswersLostAt = null;
        foreach (var push in Git.Remote!.UnderWay.ToArray())
        {
            Git.Remote.Drop(push);
        }

        return outcome;
    }

    public override IWorkspaces Bounded(WorkspaceOptions options) => Hands.OpenWorkspaces(options);

    public override void Dispose()
    {
    }

    static IReadOnlyDictionary<string, string> Texts(FileTree tree) =>
        tree.Files.ToDictionary(file => file.Key, file => file.Value.Text);
}
