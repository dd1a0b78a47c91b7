using Beadswarm.Agents.Deeds;
using Beadswarm.Processes;
using Beadswarm.Swarms;
using Beadswarm.Workspaces;

namespace Beadswarm.Cli;

/// <summary>Where an agent stands whose deed is to be judged, as this process finds it.</summary>
static class DeedGrounds
{
    const string Temporary = "/tmp", LastingTemporary = "/var/tmp";

    /// <param name="workspace">Canonical.</param>
    /// <param name="folder">Where the agent's shell is; null: in its workspace.</param>
    /// <param name="allowed">Folders where it may write beside its workspace.</param>
    public static DeedGround Of(CliHost host, string workspace, string? folder, IEnumerable<string> allowed)
    {
        var own = host.Environment.GetValueOrDefault("TMPDIR") is { Length: > 0 } given ? given : Temporary;
        return new DeedGround
        {
            Workspace = workspace,
            Branch = WorkTree.OwnBranchAt(workspace)?.Value,
            Folder = folder is null ? workspace : RealPaths.Of(folder),
            Writable = [.. allowed.Append(own).Append(LastingTemporary).Where(Path.Exists).Select(Libc.RealPath)],
            Protected = [.. RepositoryAround(workspace)],
            Variables = host.Environment.Where(variable =>
                    variable.Key is "HOME" or "TMPDIR"
                    || variable.Key.StartsWith("BEADSWARM_", StringComparison.Ordinal))
                .Append(new("PWD", folder ?? workspace))
                .ToDictionary(StringComparer.Ordinal),
            RealPath = RealPaths.Of,
            Exists = Path.Exists,
        };
    }

    /// <summary>The user's checkout, whose swarm the workspace belongs to.</summary>
    static IEnumerable<string> RepositoryAround(string workspace)
    {
        for (var folder = workspace; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (Path.GetFileName(folder) == SwarmPaths.FolderName && Path.GetDirectoryName(folder) is { } repository)
            {
                yield return repository;
            }
        }
    }
}
