namespace Beadswarm.Swarms;

/// <summary>Where everything of ours lies: all of it under <c>.beadswarm/</c> of the repository.</summary>
sealed record SwarmPaths(string Repository)
{
    public const string FolderName = ".beadswarm";

    public string Folder => Path.Combine(Repository, FolderName);

    public string Beads => Path.Combine(Repository, ".beads");

    public string Config => Path.Combine(Folder, "swarm.yaml");

    public string Store => Path.Combine(Folder, "swarm.db");

    /// <summary>A PostgreSQL server of this repository's own, where there is one.</summary>
    public string Server => Path.Combine(Folder, "postgres");

    public string Lock => Path.Combine(Folder, "swarm.lock");

    /// <summary>Who holds the lock, for people; the lock itself decides.</summary>
    public string Holder => Path.Combine(Folder, "swarm.holder.json");

    public string Socket => Path.Combine(Folder, "swarm.sock");

    /// <summary>What a swarm without a terminal prints.</summary>
    public string Log => Path.Combine(Folder, "swarm.log");

    public string Hub => Path.Combine(Folder, "hub.git");

    public string Workspaces => Path.Combine(Folder, "workspaces");

    public string Sessions => Path.Combine(Folder, "sessions");

    public string GateLogs => Path.Combine(Folder, "gates");
}
