using Beadswarm.Gates;
using Beadswarm.Git;
using Beadswarm.Workspaces;

namespace Beadswarm.Swarms;

/// <summary>
/// Looks at the folder a gate runs in, and puts it back: agents' workspaces and landing workspaces alike.
/// </summary>
sealed class GateCheckout(GitRunner runner) : IGateCheckout
{
    const string HeadPrefix = "# branch.oid ";

    public async Task<CheckoutState> InspectAsync(string directory, CancellationToken cancellationToken)
    {
        var status = await At(directory).RunAsync(
            GitCall.Of("status", "--porcelain=v2", "--branch", "--untracked-files=all", "-z"), cancellationToken);
        var commit = "";
        var changes = new List<string>();
        foreach (var field in status.Fields)
        {
            if (field.StartsWith(HeadPrefix, StringComparison.Ordinal))
            {
                commit = field[HeadPrefix.Length..];
            }
            else if (!field.StartsWith('#') && !ProtectedFolders.Contain(PathOf(field)))
            {
                // What an agent did to the tracker's files never lands, so it does not make the folder another one.
                changes.Add(PathOf(field));
            }
        }

        return new CheckoutState(commit, changes);
    }

    public async Task RestoreAsync(string directory, string commit, CancellationToken cancellationToken)
    {
        await At(directory).RunAsync(GitCall.Of("reset", "--quiet", "--hard", commit), cancellationToken);
        await At(directory).RunAsync(GitCall.Of("clean", "-ffd", "--quiet"), cancellationToken);
    }

    GitRepository At(string directory) => new(runner, directory, GitScope.Own);

    // Ordinary entries have eight fields before the path, renamed ones nine, unmerged ones ten; others one.
    static string PathOf(string field) => field[0] switch
    {
        '1' => Rest(field, 8),
        '2' => Rest(field, 9),
        'u' => Rest(field, 10),
        '?' or '!' => Rest(field, 1),
        _ => field,
    };

    static string Rest(string field, int fieldsBefore) => field.Split(' ', fieldsBefore + 1)[^1];
}
