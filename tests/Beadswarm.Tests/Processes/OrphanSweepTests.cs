using Beadswarm.Processes;

namespace Beadswarm.Tests.Processes;

/// <summary>What a start ends of an earlier orchestrator, and what it does not.</summary>
public sealed class OrphanSweepTests : IDisposable
{
    readonly ChildFixture _fixture = new();

    // The fixture's tags all begin alike; a swarm has a beginning of its own, without a slash in it.
    readonly string _swarm = $"swarm-{Guid.NewGuid():n}";
    readonly List<ChildProcess> _children = [];

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Everything_of_the_swarm_is_ended_by_tag_and_by_mark_and_named()
    {
        var tagged = await StartAsync("one", "exec sleep 1000", ready: "tagged");
        var marked = await StartAsync(
            "two", "env -i setsid /bin/sh -c 'cd /; echo $$ >READY; exec sleep 1000' & exec sleep 1000", "marked");

        var report = await SweepAsync();

        Assert.False(tagged.IsRunning() || marked.IsRunning());
        var tags = report.Swept.Select(swept => swept.Origin).ToArray();
        Assert.Contains($"{_swarm}/one", tags);
        Assert.Contains($"{_swarm}/two", tags);
        Assert.Superset(
            new HashSet<int> { tagged.Pid, marked.Pid },
            report.Swept.SelectMany(swept => swept.Report.Ended).Select(process => process.Pid).ToHashSet());
        Assert.All(report.Swept, swept => Assert.Empty(swept.Report.Remaining));
    }

    [Fact]
    public async Task A_daemon_whose_stage_is_over_and_unknown_is_ended_by_the_mark_of_its_swarm()
    {
        var daemon = await StartAsync(
            "gone", "(env -i setsid /bin/sh -c 'cd /; echo $$ >READY; exec sleep 1000' >/dev/null 2>&1 &)", "daemon");
        await _children.Single().Exit;

        var report = await SweepAsync();

        Assert.False(daemon.IsRunning());
        Assert.Equal([daemon.Pid], report.Swept.Single().Report.Ended.Select(process => process.Pid));
    }

    [Fact]
    public async Task What_is_kept_goes_on_with_all_it_has_started()
    {
        var kept = await StartAsync(
            "kept", "env -i setsid /bin/sh -c 'echo $$ >READY; exec sleep 1000' & exec sleep 1000", "kept");
        var other = await StartAsync("other", "exec sleep 1000", "other");

        var report = await SweepAsync(new KeptChild($"{_swarm}/kept", []));

        Assert.True(kept.IsRunning());
        Assert.False(other.IsRunning());
        Assert.Equal($"{_swarm}/other", Assert.Single(report.Swept).Origin);
    }

    [Fact]
    public async Task Another_swarm_is_not_touched()
    {
        using var stranger = _fixture.Start("exec sleep 1000");

        var report = await SweepAsync();

        Assert.Empty(report.Swept);
        Assert.True(stranger.Identity.IsRunning());
        await stranger.TerminateAsync(ChildFixture.NoGrace, Cancellation);
    }

    public void Dispose()
    {
        foreach (var tag in _children.Select(child => child.Tag))
        {
            ProcessSweep.Signal(ProcessSweep.Members(tag), Libc.SignalKill);
        }

        _children.ForEach(child => child.Dispose());
        _fixture.Dispose();
    }

    Task<OrphanReport> SweepAsync(params KeptChild[] kept) => OrphanSweep.RunAsync(
        new SweepSearch(_swarm + "/", [_fixture.Folder], kept), TimeProvider.System, Cancellation);

    /// <summary>A child of the swarm; the process is the one that writes its id where the script says READY.</summary>
    async Task<ProcessIdentity> StartAsync(string name, string script, string ready)
    {
        var pipe = await _fixture.Pipe(ready);
        var body = script.Contains("READY", StringComparison.Ordinal)
            ? script.Replace("READY", pipe, StringComparison.Ordinal)
            : $"echo $$ >{pipe}; {script}";
        _children.Add(_fixture.Start(body, spec => spec with
        {
            Tag = $"{_swarm}/{name}",
            ExitFile = _fixture[$"exit-{name}"],
        }));
        var pid = int.Parse(await ChildFixture.Read(pipe), System.Globalization.CultureInfo.InvariantCulture);
        return Assert.NotNull(ProcessIdentity.Of(pid));
    }
}
