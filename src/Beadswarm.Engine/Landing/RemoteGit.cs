using Beadswarm.Git;
using Beadswarm.Workspaces;

namespace Beadswarm.Landing;

/// <summary>
/// The three things that the hub ever asks of a remote: where refs are, objects of some, and to move some by
/// compare-and-swap.
/// </summary>
sealed class RemoteGit(Hub hub, RemoteAddress address)
{
    /// <summary>One of the user's remotes, as the user reaches it now.</summary>
    public static async Task<RemoteGit> FindAsync(Hub hub, string remote, CancellationToken cancellationToken) =>
        new(hub, await RemoteAddress.FindAsync(hub.User, remote, cancellationToken));

    /// <summary>The refs on the remote that a pattern of git's matches, be it in the middle of their names.</summary>
    public async Task<IReadOnlyList<(CommitId At, string Ref)>> AskAsync(
        string pattern, CancellationToken cancellationToken)
    {
        var call = GitCall.Of("ls-remote", "--quiet", "--end-of-options", address.FetchUrl, pattern) with
        {
            Configuration = address.Configuration,
        };
        return
        [
            .. (await hub.Transport.RunAsync(call, cancellationToken)).Lines
                .Select(line => line.Split('\t'))
                .Where(parts => parts.Length == 2)
                .Select(parts => (CommitId.Parse(parts[0]), parts[1])),
        ];
    }

    /// <summary>Where one ref is; null when it does not exist.</summary>
    public async Task<CommitId?> FindAsync(string name, CancellationToken cancellationToken)
    {
        var found = (await AskAsync(name, cancellationToken)).Where(one => one.Ref == name).ToArray();
        return found.Length > 0 ? found[0].At : null;
    }

    /// <summary>
    /// Brings refs and what they lead to into the hub. Nothing of the user's refs takes part: what the hub does not
    /// have reachable itself is stored in it. A fetch looks at the HEAD of every work tree and fails on one that is
    /// only half made, so it is to be called while <see cref="Hub.AddingWorkTrees"/> is held.
    /// </summary>
    public Task FetchAsync(string refs, CancellationToken cancellationToken)
    {
        var fetch = GitCall.Of(
            "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-gc", "--no-recurse-submodules",
            "--force", "--end-of-options", address.FetchUrl, refs);
        return hub.Transport.RunAsync(
            fetch with
            {
                Configuration =
                    [.. address.Configuration, ("core.alternateRefsCommand", "true"), ("fetch.unpackLimit", "1")],
            },
            cancellationToken);
    }

    /// <summary>Moves all of the refs, or none, each from where it is expected.</summary>
    public Task<GitOutput> PushAsync(IReadOnlyList<RefMove> moves, CancellationToken cancellationToken)
    {
        var push = new GitCall([
            "push", "--porcelain", "--atomic", "--no-verify", "--no-follow-tags", "--no-signed",
            "--recurse-submodules=no", .. moves.Select(move => $"--force-with-lease={move.Ref}:{move.From}"),
            "--end-of-options", address.PushUrl, .. moves.Select(move => $"{move.To}:{move.Ref}")]);

        // In the hub every address leads nowhere, so that agents cannot push; the longest match wins, and this is it.
        return hub.Transport.RunOnceAsync(
            push with
            {
                Configuration = [.. address.Configuration, ($"url.{address.PushUrl}.pushInsteadOf", address.PushUrl)],
            },
            cancellationToken);
    }
}

/// <summary>A ref that is to move on a remote.</summary>
/// <param name="From">Where it has to be for that; null: it must not exist.</param>
/// <param name="To">Null: it goes.</param>
readonly record struct RefMove(string Ref, CommitId? From, CommitId? To);
