using Beadswarm.Git;
using Beadswarm.Workspaces;

namespace Beadswarm.Landing;

/// <summary>The hub of a node, and one of its user's remotes.</summary>
sealed class GitWorkRefs(Hub hub, string remote) : IWorkRefs
{
    RemoteGit? _git;

    public async Task<bool> IsHereAsync(CommitId commit, CancellationToken cancellationToken) =>
        (await hub.Repository.LookUpAsync([commit.Value], cancellationToken))[0] is not null;

    public Task<bool> IsAncestorAsync(CommitId ancestor, CommitId of, CancellationToken cancellationToken) =>
        hub.Repository.IsAncestorAsync(ancestor, of, cancellationToken);

    public async Task<IReadOnlyList<(CommitId At, string Ref)>> AskAsync(
        string folder, CancellationToken cancellationToken) =>
    [
        // A pattern of git's also matches in the middle of a name.
        .. (await (await GitAsync(cancellationToken)).AskAsync($"{folder}*", cancellationToken))
            .Where(found => found.Ref.StartsWith(folder, StringComparison.Ordinal)),
    ];

    public async Task FetchAsync(string folder, CancellationToken cancellationToken)
    {
        var git = await GitAsync(cancellationToken);
        await hub.AddingWorkTrees.WaitAsync(cancellationToken);
        try
        {
            await git.FetchAsync($"{folder}*:{folder}*", cancellationToken);
        }
        finally
        {
            hub.AddingWorkTrees.Release();
        }
    }

    public async Task<WorkPush> PushAsync(IReadOnlyList<RefMove> moves, CancellationToken cancellationToken)
    {
        var output = await (await GitAsync(cancellationToken)).PushAsync(moves, cancellationToken);
        return new WorkPush(
            output.Succeeded, PushAnswer.Read(output.Text, output.StandardErrorTail), output.StandardErrorTail.Trim());
    }

    async Task<RemoteGit> GitAsync(CancellationToken cancellationToken) =>
        _git ??= await RemoteGit.FindAsync(hub, remote, cancellationToken);
}
