using System.Collections.Concurrent;
using Beadswarm.Beads;
using Beadswarm.Git;
using Beadswarm.Workspaces;

namespace Beadswarm.Landing;

/// <summary>
/// Gives the commits of beads from one node's hub to the others', through the remote that they share. Each node has a
/// ref of its own for each bead, <c>refs/beadswarm/work/BEAD/NODE</c>, and is the only one that moves it: by
/// compare-and-swap, from where it was. Which of the refs is the newest is said by the store, never by the remote.
/// </summary>
sealed class BeadExchange(Hub hub, string remote, string node)
{
    public const string Prefix = "refs/beadswarm/work/";

    /// <summary>What is in the way of a push may pass; so often it is tried.</summary>
    const int TriesMax = 5;

    static readonly TimeSpan PauseMin = TimeSpan.FromSeconds(1);

    readonly ConcurrentDictionary<BeadId, CommitId> _offered = [];
    readonly ConcurrentDictionary<CommitId, bool> _known = [];
    RemoteAddress? _address;

    static string FolderOf(BeadId bead) => $"{Prefix}{WorkspaceBranch.Encode(bead.Value)}/";

    string RefOf(BeadId bead) => FolderOf(bead) + WorkspaceBranch.Encode(node);

    /// <summary>Lets the others have a bead's commits. Doing it twice is the same as once.</summary>
    /// <returns>Why they cannot have them; null: they can.</returns>
    public async Task<string?> OfferAsync(BeadId bead, CommitId head, CancellationToken cancellationToken)
    {
        if (_offered.TryGetValue(bead, out var before) && before == head)
        {
            return null;
        }

        var pause = PauseMin;
        for (var attempt = 1; ; attempt++)
        {
            var (done, trouble, passes) = await TryOfferAsync(bead, head, cancellationToken);
            if (done)
            {
                _offered[bead] = head;
                return null;
            }

            if (!passes || attempt == TriesMax)
            {
                return trouble;
            }

            await Task.Delay(pause, hub.Runner.TimeProvider, cancellationToken);
            pause *= 2;
        }
    }

    /// <summary>Sees to it that a commit of a bead is here. False when no node has offered it.</summary>
    public async Task<bool> BringAsync(BeadId bead, CommitId head, CancellationToken cancellationToken)
    {
        if (_known.ContainsKey(head))
        {
            return true;
        }

        if (!await IsHereAsync(head, cancellationToken))
        {
            var address = await AddressAsync(cancellationToken);

            // A fetch looks at the HEAD of every work tree, and fails on one that is only half made. Nothing of the
            // user's refs takes part, as in every fetch into the hub.
            await hub.AddingWorkTrees.WaitAsync(cancellationToken);
            try
            {
                var refs = $"{FolderOf(bead)}*";
                var fetch = GitCall.Of(
                    "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-gc", "--no-recurse-submodules",
                    "--force", "--end-of-options", address.FetchUrl, $"{refs}:{refs}");
                await hub.Transport.RunAsync(
                    fetch with
                    {
                        Configuration =
                        [
                            .. address.Configuration, ("core.alternateRefsCommand", "true"),
                            ("fetch.unpackLimit", "1"),
                        ],
                    },
                    cancellationToken);
            }
            finally
            {
                hub.AddingWorkTrees.Release();
            }

            if (!await IsHereAsync(head, cancellationToken))
            {
                return false;
            }
        }

        _known[head] = true;
        return true;
    }

    /// <summary>
    /// A bead has landed: its refs go from the remote, apart from those that hold what has not landed. Says in a few
    /// words what it did.
    /// </summary>
    public async Task<string> RemoveAsync(BeadId bead, CommitId landed, CancellationToken cancellationToken)
    {
        _offered.TryRemove(bead, out _);
        var there = await AskAsync($"{FolderOf(bead)}*", cancellationToken);
        var over = new List<(CommitId At, string Ref)>();
        foreach (var offer in there)
        {
            if (offer.At == landed || (await IsHereAsync(offer.At, cancellationToken)
                && await hub.Repository.IsAncestorAsync(offer.At, landed, cancellationToken)))
            {
                over.Add(offer);
            }
        }

        if (over.Count > 0)
        {
            var output = await PushAsync(
                [.. over.Select(offer => $"--force-with-lease={offer.Ref}:{offer.At}")],
                [.. over.Select(offer => $":{offer.Ref}")], cancellationToken);
            if (output.ExitCode != 0)
            {
                return $"what its nodes have shared is kept: {output.StandardErrorTail.Trim()}";
            }
        }

        return there.Count == over.Count
            ? "what its nodes have shared is gone"
            : $"{there.Count - over.Count} of its nodes' refs hold more than what landed, and are kept";
    }

    async Task<(bool Done, string Trouble, bool Passes)> TryOfferAsync(
        BeadId bead, CommitId head, CancellationToken cancellationToken)
    {
        try
        {
            var name = RefOf(bead);
            CommitId? there = (await AskAsync(name, cancellationToken)) is [var offer, ..] ? offer.At : null;
            if (there == head)
            {
                return (true, "", false);
            }

            var output = await PushAsync(
                [$"--force-with-lease={name}:{there}"], [$"{head}:{name}"], cancellationToken);
            return PushAnswer.Read(output.Text, output.StandardErrorTail) switch
            {
                PushAnswer.Accepted => (true, "", false),
                PushAnswer.Refused refused => (false, $"the remote refuses {name}: {refused.Reason}", false),
                PushAnswer.Stale or PushAnswer.Lost => (
                    false, $"the push of {name} gave no answer: {output.StandardErrorTail.Trim()}", true),
                var answer => throw new System.Diagnostics.UnreachableException($"{answer}"),
            };
        }
        catch (GitException error)
        {
            return (false, error.Message, error.IsTransient);
        }
    }

    async Task<bool> IsHereAsync(CommitId commit, CancellationToken cancellationToken) =>
        (await hub.Repository.LookUpAsync([commit.Value], cancellationToken))[0] is not null;

    async Task<IReadOnlyList<(CommitId At, string Ref)>> AskAsync(string refs, CancellationToken cancellationToken)
    {
        var address = await AddressAsync(cancellationToken);
        var call = GitCall.Of("ls-remote", "--quiet", "--end-of-options", address.FetchUrl, refs) with
        {
            Configuration = address.Configuration,
        };
        return
        [
            .. (await hub.Transport.RunAsync(call, cancellationToken)).Lines
                .Select(line => line.Split('\t'))
                .Where(parts => parts is [_, var name] && name.StartsWith(Prefix, StringComparison.Ordinal))
                .Select(parts => (CommitId.Parse(parts[0]), parts[1])),
        ];
    }

    async Task<GitOutput> PushAsync(string[] leases, string[] changes, CancellationToken cancellationToken)
    {
        var address = await AddressAsync(cancellationToken);
        var push = new GitCall([
            "push", "--porcelain", "--atomic", "--no-verify", "--no-follow-tags", "--no-signed",
            "--recurse-submodules=no", .. leases, "--end-of-options", address.PushUrl, .. changes]);

        // In the hub every address leads nowhere, so that agents cannot push; the longest match wins, and this is it.
        return await hub.Transport.RunOnceAsync(
            push with
            {
                Configuration = [.. address.Configuration, ($"url.{address.PushUrl}.pushInsteadOf", address.PushUrl)],
            },
            cancellationToken);
    }

    async Task<RemoteAddress> AddressAsync(CancellationToken cancellationToken) =>
        _address ??= await RemoteAddress.FindAsync(hub.User, remote, cancellationToken);
}
