using Beadswarm.Beads;
using Beadswarm.Git;
using Beadswarm.Landing;
using Beadswarm.Tests.Support;
using Beadswarm.Workspaces;

namespace Beadswarm.Tests.Landing;

/// <summary>Commits of beads go from clone to clone through refs of a real remote.</summary>
public sealed class BeadExchangeTests : IAsyncLifetime
{
    static readonly BeadId Bead = BeadId.Parse("x-1");

    readonly GitSandbox _git = new();
    Hub _hub = null!; // opened before each test

    static CancellationToken Cancel => GitSandbox.Cancel;

    string Remote => _git["remote.git"];

    string Asked => _git["asked"];

    public async ValueTask InitializeAsync()
    {
        await _git.InitAsync(_git.User);
        await _git.GitAsync(_git.Root, "clone", "--quiet", "--bare", _git.User, Remote);
        await _git.GitAsync(_git.User, "remote", "add", "origin", Remote);
        GitSandbox.Write(
            _git.Root, "git.sh",
            $"#!/bin/sh\ncase \" $* \" in *' ls-remote '*) echo >> '{Asked}';; esac\nexec git \"$@\"\n");
        File.SetUnixFileMode(_git["git.sh"], UnixFileMode.UserRead | UnixFileMode.UserExecute);
        _hub = await OpenAsync(_git.User);
    }

    public ValueTask DisposeAsync()
    {
        _git.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task What_one_node_offers_another_one_brings_and_what_nobody_offered_is_not_there()
    {
        var (one, two) = (Exchange("one"), new BeadExchange(
            new GitWorkRefs(await CloneAsync("second"), "origin"), "two", TimeProvider.System));
        var head = await CommitAsync("work");

        Assert.False(await two.BringAsync(Bead, head, Cancel));
        Assert.Null(await one.OfferAsync(Bead, head, Cancel));
        Assert.True(await two.BringAsync(Bead, head, Cancel));
        Assert.True(await two.BringAsync(Bead, head, Cancel));
        Assert.Equal(["refs/beadswarm/work/x-1/one"], await RefsAsync());
    }

    [Fact]
    public async Task The_remote_is_asked_once_and_after_that_what_was_pushed_last_is_the_lease()
    {
        var exchange = Exchange("one");
        foreach (var subject in new[] { "a", "b", "c" })
        {
            var head = await CommitAsync(subject);
            Assert.Null(await exchange.OfferAsync(Bead, head, Cancel));
            Assert.Null(await exchange.OfferAsync(Bead, head, Cancel));
            Assert.Equal(head, await AtAsync("one"));
        }

        Assert.Equal("\n", await File.ReadAllTextAsync(Asked, Cancel));
    }

    [Fact]
    public async Task A_ref_that_is_elsewhere_than_it_was_pushed_to_is_looked_for_and_moved_from_there()
    {
        var exchange = Exchange("one");
        await exchange.OfferAsync(Bead, await CommitAsync("a"), Cancel);
        var other = await CommitAsync("by a process of this clone that nobody knows any more");
        await _git.GitAsync(_git.User, "push", "--quiet", "--force", "origin", $"{other}:refs/beadswarm/work/x-1/one");
        var head = await CommitAsync("b");

        Assert.Null(await exchange.OfferAsync(Bead, head, Cancel));

        Assert.Equal(head, await AtAsync("one"));
        Assert.Equal("\n\n", await File.ReadAllTextAsync(Asked, Cancel));
    }

    [Fact]
    public async Task A_ref_that_was_deleted_is_made_again()
    {
        var exchange = Exchange("one");
        await exchange.OfferAsync(Bead, await CommitAsync("a"), Cancel);
        await _git.GitAsync(Remote, "update-ref", "-d", "refs/beadswarm/work/x-1/one");
        var head = await CommitAsync("b");

        Assert.Null(await exchange.OfferAsync(Bead, head, Cancel));

        Assert.Equal(head, await AtAsync("one"));
    }

    [Fact]
    public async Task A_process_that_begins_anew_goes_on_from_where_the_ref_is()
    {
        var first = await CommitAsync("a");
        await Exchange("one").OfferAsync(Bead, first, Cancel);

        Assert.Null(await Exchange("one").OfferAsync(Bead, first, Cancel));
        var second = await CommitAsync("b");
        Assert.Null(await Exchange("one").OfferAsync(Bead, second, Cancel));

        Assert.Equal(second, await AtAsync("one"));
    }

    [Fact]
    public async Task A_remote_that_refuses_is_told_with_its_reason_and_asked_again_the_next_time()
    {
        var exchange = Exchange("one");
        await exchange.OfferAsync(Bead, await CommitAsync("a"), Cancel);
        var hook = Path.Combine(Remote, "hooks/pre-receive");
        GitSandbox.Write(Remote, "hooks/pre-receive", "#!/bin/sh\necho nothing today >&2\nexit 1\n");
        File.SetUnixFileMode(hook, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        var head = await CommitAsync("b");

        var why = await exchange.OfferAsync(Bead, head, Cancel);
        File.Delete(hook);

        Assert.Contains("nothing today", why, StringComparison.Ordinal);
        Assert.Null(await exchange.OfferAsync(Bead, head, Cancel));
        Assert.Equal(head, await AtAsync("one"));
    }

    [Fact]
    public async Task Of_a_bead_that_landed_the_refs_go_but_one_that_holds_more_and_those_of_other_beads_stay()
    {
        var (one, two, three) = (Exchange("one"), Exchange("two"), Exchange("three"));
        var early = await CommitAsync("a");
        await one.OfferAsync(Bead, early, Cancel);
        var landed = await CommitAsync("b");
        await two.OfferAsync(Bead, landed, Cancel);
        await three.OfferAsync(BeadId.Parse("x-10"), landed, Cancel);
        var more = await CommitAsync("c");
        await three.OfferAsync(Bead, more, Cancel);

        Assert.Equal(
            "1 of its nodes' refs hold more than what landed, and are kept",
            await one.RemoveAsync(Bead, landed, Cancel));

        Assert.Equal(["refs/beadswarm/work/x-1/three", "refs/beadswarm/work/x-10/three"], await RefsAsync());
        Assert.Equal("what its nodes have shared is gone", await one.RemoveAsync(Bead, more, Cancel));
        Assert.Equal("what its nodes have shared is gone", await one.RemoveAsync(Bead, more, Cancel));
        Assert.Equal(["refs/beadswarm/work/x-10/three"], await RefsAsync());
        Assert.Null(await two.OfferAsync(Bead, more, Cancel)); // it came back from the target
        Assert.Equal(more, await AtAsync("two"));
    }

    BeadExchange Exchange(string node) => new(new GitWorkRefs(_hub, "origin"), node, TimeProvider.System);

    async Task<Hub> CloneAsync(string name)
    {
        await _git.GitAsync(_git.Root, "clone", "--quiet", Remote, _git[name]);
        return await OpenAsync(_git[name]);
    }

    async Task<Hub> OpenAsync(string user)
    {
        var runner = new GitRunner(new GitSettings { FileName = _git["git.sh"], Environment = _git.Environment });
        var repository = await UserRepository.OpenAsync(runner, user, Cancel);
        return await Hub.OpenAsync(
            repository, runner, new HubOptions { SwarmFolder = repository.SwarmFolder, BeforeCommit = [] }, Cancel);
    }

    /// <summary>One more commit upon the last, in the user's repository, whose objects the hub borrows.</summary>
    Task<CommitId> CommitAsync(string subject) => _git.CommitAsync(_git.User, subject, ("work.txt", subject));

    Task<CommitId> AtAsync(string node) => _git.HeadAsync(Remote, $"refs/beadswarm/work/x-1/{node}");

    async Task<string[]> RefsAsync() =>
        (await _git.GitAsync(Remote, "for-each-ref", "--format=%(refname)", "refs/beadswarm/")).Split('\n');
}
