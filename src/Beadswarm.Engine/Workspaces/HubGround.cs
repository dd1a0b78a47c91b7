namespace Beadswarm.Workspaces;

/// <summary>
/// Knows what of a hub an agent's git changes and what it must not, as far as whole files and folders can tell: what
/// one agent's commits are, and where its workspace belongs.
/// </summary>
static class HubGround
{
    /// <summary>A chain of borrowed objects that is longer is a circle.</summary>
    const int BorrowingMax = 5;

    /// <summary>What says to which repository and branch a work tree belongs.</summary>
    static readonly string[] FixedInAdmin = ["commondir", "gitdir", HubFiles.BranchFile];

    /// <summary>Makes the folders that an agent's first commit would make: what is not there cannot be shown.</summary>
    /// <param name="admin">The administrative folder of the workspace.</param>
    public static WorkspaceGround Of(Hub hub, Workspace workspace, string admin)
    {
        var objects = Path.Combine(hub.GitDirectory, "objects");
        var branch = Path.Combine(hub.GitDirectory, workspace.Branch.Ref);
        var branches = Directory.CreateDirectory(FolderOf(branch));
        var logs = Directory.CreateDirectory(FolderOf(Path.Combine(hub.GitDirectory, "logs", workspace.Branch.Ref)));
        var others = branches.EnumerateFiles().Select(file => file.FullName).Where(path => path != branch);
        return new WorkspaceGround(
            hub.GitDirectory,
            [objects, branches.FullName, logs.FullName, admin],
            [
                Path.Combine(workspace.Path, ".git"), Path.Combine(objects, "info"),
                .. FixedInAdmin.Select(name => Path.Combine(admin, name)), .. others,
            ],
            [.. Borrowed(objects, BorrowingMax)],
            [hub.User.Root, hub.User.GitDirectory, hub.User.CommonDirectory]);
    }

    static string FolderOf(string path) => Path.GetDirectoryName(path) ?? "/";

    static IEnumerable<string> Borrowed(string objects, int left)
    {
        var lines = SmallFile.Read(Path.Combine(objects, "info", "alternates"))?.Split('\n') ?? [];
        return left == 0
            ? []
            : lines.Where(line => line.Length > 0 && line[0] != '#')
                .Select(line => Path.GetFullPath(line, objects))
                .SelectMany(other => Borrowed(other, left - 1).Prepend(other));
    }
}
