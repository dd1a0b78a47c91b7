using Beadswarm.Processes;
using Beadswarm.Sandboxes;

namespace Beadswarm.Agents;

/// <summary>
/// Puts an agent's program into the sandbox that its runner asks for. What watches over the agent stays outside: the
/// shell that records its exit, and the monitor of the sandbox, which dies with that shell and takes the rest along.
/// </summary>
static class AgentSandbox
{
    /// <summary>The program as it is to be started: in its sandbox, or as it was.</summary>
    /// <exception cref="ProcessStartException">There is no sandbox to be had, or nothing to put into it.</exception>
    public static ChildSpec Confine(
        ChildSpec spec, AgentLaunch launch, IReadOnlyList<string> helpers, Bubblewrap? bubblewrap)
    {
        if (launch.Runner.Sandbox is not { } policy)
        {
            return spec;
        }

        if (bubblewrap is null)
        {
            throw new ProcessStartException(
                $"runner '{launch.Runner.Name}' asks for a sandbox, and none can be made here", spec.FileName, 0);
        }

        if (SandboxRules.HomeProblem(spec.Environment.GetValueOrDefault("HOME")) is { } problem)
        {
            throw new ProcessStartException(SandboxTroubles.Home(problem).Message, spec.FileName, 0);
        }

        var program = Spawn.Resolve(spec.FileName, spec.Environment, spec.WorkingDirectory);
        var request = Request(spec, launch, policy, [program, .. helpers]);
        var inside = new SandboxLaunch(
            program, spec.Arguments, Libc.RealPath(spec.WorkingDirectory), policy.Network,
            SandboxRules.Mounts(request, Path.Exists));
        return spec with
        {
            FileName = bubblewrap.Program,
            Arguments = bubblewrap.Arguments(inside),
            Confined = true,
        };
    }

    /// <summary>What is started, and what the runner's command names where the two are not the same.</summary>
    static IEnumerable<string> Programs(ChildSpec spec, AgentLaunch launch, IReadOnlyList<string> programs)
    {
        IEnumerable<string> started = launch.Runner.Command is [var named, ..] && named != spec.FileName
            ? [.. programs, Spawn.Resolve(named, spec.Environment, spec.WorkingDirectory)]
            : programs;
        return started.SelectMany(path => new[] { path, Libc.RealPath(path) }).Distinct();
    }

    static SandboxRequest Request(
        ChildSpec spec, AgentLaunch launch, SandboxPolicy policy, IReadOnlyList<string> programs)
    {
        const string Resolver = "/etc/resolv.conf";
        var files = new AgentFiles(launch.SessionFolder);
        var ground = launch.Ground;
        var home = Libc.RealPath(spec.Environment["HOME"]);
        var path = spec.Environment["PATH"].Split(':').Where(folder => folder.StartsWith('/'));
        return new SandboxRequest
        {
            Policy = policy,
            Home = home,
            AlwaysHidden = [.. SandboxRules.AlwaysHidden.Select(Libc.RealPath)],
            Programs = [.. Programs(spec, launch, programs)],
            Files =
            [
                .. launch.Runner.Command.Where(word => word.StartsWith('/')).Where(File.Exists).Select(Libc.RealPath),
            ],
            PathFolders = [.. path.Select(Libc.RealPath)],
            Ground = new SandboxGround(
                [.. ground.Hidden.Select(Libc.RealPath)],
                [.. ground.Readable.Append(launch.SessionFolder).Select(Libc.RealPath)],
                [
                    .. ground.Writable.Append(launch.Workspace).Append(files.Context).Append(files.ResultFolder)
                        .Select(Libc.RealPath),
                ]),
            Resolver = Libc.RealPath(Resolver),
        };
    }
}
