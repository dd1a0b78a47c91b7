namespace Beadswarm.Agents;

/// <summary>Where the files of one session are: the agent's only connection with the orchestrator.</summary>
sealed record AgentFiles(string Folder)
{
    public string Prompt => Path.Combine(Folder, "prompt.md");
    public string Bead => Path.Combine(Folder, "bead.json");
    public string Context => Path.Combine(Folder, "context");

    /// <summary>A folder of its own, so that a sandbox can let the agent write here and nowhere else of it.</summary>
    public string ResultFolder => Path.Combine(Folder, "out");

    public string Result => Path.Combine(ResultFolder, "result.json");

    /// <summary>A file for each answer of the swarm's hook, where the program does not tell of it.</summary>
    public string Asked => Path.Combine(ResultFolder, "asked");

    public string Stdout => Path.Combine(Folder, "stdout.log");
    public string Stderr => Path.Combine(Folder, "stderr.log");
    public string Exit => Path.Combine(Folder, "exit");
    public string Session => Path.Combine(Folder, "session.json");
}
