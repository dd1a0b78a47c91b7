namespace Beadswarm.Agents;

/// <summary>Writes what an agent is told into its session: prompt, bead, and the context of earlier stages.</summary>
static class AgentBriefing
{
    const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>The prompt comes last: where it is, everything is.</summary>
    /// <param name="own">What the agent's own program needs beside.</param>
    public static async Task WriteAsync(
        AgentLaunch launch, IReadOnlyList<ContextFile> own, CancellationToken cancellationToken)
    {
        var files = new AgentFiles(launch.SessionFolder);
        foreach (var folder in new[] { files.Folder, files.Context, files.ResultFolder })
        {
            CreateForOwner(folder);
        }

        // What an interrupted start of the same session left must not pass for this one's.
        foreach (var stale in new[] { files.Result, files.Exit, files.Stdout, files.Stderr })
        {
            File.Delete(stale);
        }

        if (Directory.Exists(files.Asked))
        {
            Directory.Delete(files.Asked, recursive: true);
        }

        await File.WriteAllTextAsync(files.Bead, launch.BeadJson, cancellationToken);
        foreach (var file in own)
        {
            await File.WriteAllTextAsync(Path.Combine(files.Folder, file.Name), file.Content, cancellationToken);
        }

        foreach (var file in launch.Context)
        {
            if (file.Name.Contains('/', StringComparison.Ordinal) || file.Name is "" or "." or "..")
            {
                throw new ArgumentException($"'{file.Name}' is not the name of a context file");
            }

            await File.WriteAllTextAsync(Path.Combine(files.Context, file.Name), file.Content, cancellationToken);
        }

        await File.WriteAllTextAsync(files.Prompt, launch.Prompt, cancellationToken);
    }

    static void CreateForOwner(string folder) =>
        _ = OperatingSystem.IsWindows()
            ? Directory.CreateDirectory(folder)
            : Directory.CreateDirectory(folder, OwnerOnly);
}
