using System.Diagnostics;
using System.IO.Pipes;
using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Configuration;
using Beadswarm.Pipelines;
using Beadswarm.Storage;
using Beadswarm.Storage.Sqlite;

namespace Beadswarm.Tests.Storage;

/// <summary>
/// A process of its own that works a store until it is killed or done: this test program again, asked for the one test
/// below, which does nothing in an ordinary run.
/// </summary>
public sealed class StoreChild
{
    const string Path = "BEADSWARM_TEST_CHILD_STORE";
    const string Pipe = "BEADSWARM_TEST_CHILD_PIPE";
    const string Library = "BEADSWARM_TEST_CHILD_LIBRARY";
    const int Beads = 3000;

    /// <summary>So long that a pipe holds few of them: the child is never far ahead of who reads.</summary>
    const int LineLength = 128;

    const int Clients = 8;

    static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Starts the child. Every line it writes was acknowledged before.</summary>
    internal static (Process Process, StreamReader Acknowledged) Start(string path, string library)
    {
        var pipe = new AnonymousPipeServerStream(PipeDirection.In, HandleInheritability.Inheritable);
        var start = new ProcessStartInfo(Environment.ProcessPath!, ["-class", typeof(StoreChild).FullName!, "-noLogo"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { [Path] = path, [Pipe] = pipe.GetClientHandleAsString(), [Library] = library },
        };
        var process = Process.Start(start)!; // not shell execute: a process is always returned
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        pipe.DisposeLocalCopyOfClientHandle();
        return (process, new StreamReader(pipe));
    }

    [Fact]
    public async Task Child_claims_and_acknowledges_until_it_is_killed()
    {
        if (Environment.GetEnvironmentVariable(Path) is not { } path)
        {
            return;
        }

        AppContext.SetData(SqliteLibrary.Switch, Environment.GetEnvironmentVariable(Library));
        await using var pipe = new AnonymousPipeClientStream(
            PipeDirection.Out, Environment.GetEnvironmentVariable(Pipe)!); // set together with the path
        await using var acknowledged = TextWriter.Synchronized(new StreamWriter(pipe) { AutoFlush = true });
        await using var store = await SqliteStore.OpenAsync(path, TimeProvider.System, Token);
        var agents = Enumerable.Range(1, Clients).Select(n => new AgentSlot(new AgentNumber(n), "worker", "scripted"));
        var swarm = await store.BeginSwarmAsync(
            new SwarmBegin("child", null, null, SelectOrder.Triage, new StageName("contract"), [.. agents], false),
            Token);
        var entries = Enumerable.Range(0, Beads).Select(n => new BacklogEntry(
            BeadId.Parse($"x-{n}"), "title", n % 5, 0, DateTimeOffset.UnixEpoch, n, true));
        await store.UpdateBacklogAsync(swarm.Epoch, [.. entries], 3, Token);
        await acknowledged.WriteLineAsync($"version {SqliteLibrary.Version}");

        await Task.WhenAll(Enumerable.Range(1, Clients).Select(async agent =>
        {
            var request = new ClaimRequest(
                new AgentNumber(agent), "child", [new StageName("contract")], TimeSpan.FromHours(1));
            while (await store.ClaimNextAsync(swarm.Epoch, request, Token) is { } claim)
            {
                await acknowledged.WriteLineAsync($"{claim.Bead} {agent} {claim.Key.Token}".PadRight(LineLength));
            }
        }));
    }
}
