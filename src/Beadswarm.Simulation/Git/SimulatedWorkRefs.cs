using Beadswarm.Git;
using Beadswarm.Landing;

namespace Beadswarm.Simulation.Git;

/// <summary>The shared refs of the simulated remote, as one clone reaches them.</summary>
sealed class SimulatedWorkRefs(GitHands hands, SimulatedRemote remote) : IWorkRefs
{
    readonly SimulatedGit _git = hands.Git;

    public Task<bool> IsHereAsync(CommitId commit, CancellationToken cancellationToken) =>
        Task.FromResult(_git.Find(commit) is not null);

    public Task<bool> IsAncestorAsync(CommitId ancestor, CommitId of, CancellationToken cancellationToken) =>
        Task.FromResult(HistoryRules.IsAncestor(_git[ancestor], _git[of]));

    public async Task<IReadOnlyList<(CommitId At, string Ref)>> AskAsync(
        string folder, CancellationToken cancellationToken)
    {
        await hands.StepAsync(GitStep.WorkAsked, cancellationToken);
        return remote.AskBelow(folder);
    }

    public async Task FetchAsync(string folder, CancellationToken cancellationToken)
    {
        await hands.StepAsync(GitStep.WorkFetched, cancellationToken);
        foreach (var (at, name) in remote.AskBelow(folder))
        {
            _git.Fetch(at);
            await hands.MoveRefAsync(_git.Hub, new RefChange.Move(name, at.Value, null), cancellationToken);
        }
    }

    public async Task<WorkPush> PushAsync(IReadOnlyList<RefMove> moves, CancellationToken cancellationToken)
    {
        await hands.StepAsync(GitStep.PushBegun, cancellationToken);
        var answer = remote.Away ? new PushAnswer.Lost()
            : await hands.DeliverAsync(remote, remote.Send(moves, forced: false), cancellationToken);
        return new WorkPush(answer is PushAnswer.Accepted, answer, $"{answer}");
    }
}
