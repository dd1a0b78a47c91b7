using Beadswarm.Tests.Support;
using Beadswarm.Tests.Swarms;

namespace Beadswarm.Tests.Auditing;

/// <summary>
/// One swarm that ran to its end, with a bead that landed, one that landed behind it and one that is blocked; tests get
/// copies of it to tamper with.
/// </summary>
public sealed class FinishedSwarm : IAsyncLifetime
{
    readonly SwarmRepository _repository = new();

    public async ValueTask InitializeAsync()
    {
        _repository.Bead("t-1").Bead("t-2", 2, "t-1").Bead("t-3")
            .Agent("""[ "$BEADSWARM_BEAD" != t-3 ] || [ $BEADSWARM_STAGE != qa-enforcer ] || exit 1""").Commit();
        await _repository.RunAsync(_repository.Config(agents: 1, change: config => config with
        {
            Pipeline = config.Pipeline with { MaxAttempts = 1 },
        }));
    }

    /// <summary>A repository of its own that lies as if the swarm had run there.</summary>
    internal async Task<TemporaryFolder> CopyAsync()
    {
        var copy = new TemporaryFolder();
        await Shell.MustAsync("/", "cp", "-a", _repository.Path + "/.", copy.Path);

        // What says where something lies says where the copy lies.
        string[] pointers =
        [
            copy[".beadswarm/hub.git/objects/info/alternates"],
            copy[".beadswarm/hub.git/config"],
            .. Directory.EnumerateFiles(copy[".beadswarm/hub.git/worktrees"], "gitdir", SearchOption.AllDirectories),
            .. Directory.EnumerateFiles(copy[".beadswarm/workspaces"], ".git", SearchOption.AllDirectories),
            .. Directory.EnumerateFiles(copy[".beadswarm/landing"], ".git", SearchOption.AllDirectories),
        ];
        foreach (var pointer in pointers)
        {
            var text = await File.ReadAllTextAsync(pointer, TestContext.Current.CancellationToken);
            await File.WriteAllTextAsync(
                pointer, text.Replace(_repository.Path, copy.Path, StringComparison.Ordinal),
                TestContext.Current.CancellationToken);
        }

        return copy;
    }

    public ValueTask DisposeAsync()
    {
        _repository.Dispose();
        return ValueTask.CompletedTask;
    }
}
