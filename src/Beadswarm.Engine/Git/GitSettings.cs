namespace Beadswarm.Git;

/// <summary>Who the swarm's own commits are by.</summary>
sealed record GitIdentity(string Name, string Email)
{
    public static readonly GitIdentity Swarm = new("beadswarm", "beadswarm@localhost");
}

/// <summary>How git is started.</summary>
sealed record GitSettings
{
    public string FileName { get; init; } = "git";

    /// <summary>
    /// What git may know of its surroundings: PATH, HOME and what reaching a remote needs (SSH_AUTH_SOCK, proxies).
    /// Nothing is inherited beside it.
    /// </summary>
    public required IReadOnlyDictionary<string, string> Environment { get; init; }

    // What git and the programs it starts need to reach a remote as the user does.
    static readonly string[] Passed =
    [
        "PATH", "HOME", "USER", "LOGNAME", "TMPDIR", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR", "SSH_AUTH_SOCK",
        "SSH_AGENT_PID", "SSH_ASKPASS", "GIT_SSH", "GIT_SSH_COMMAND", "GIT_ASKPASS", "GIT_CONFIG_GLOBAL",
        "GIT_EXEC_PATH", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "no_proxy",
        "all_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR", "GIT_SSL_CAINFO",
    ];

    /// <summary>Settings for the git of a user, from the orchestrator's own environment.</summary>
    public static GitSettings From(IReadOnlyDictionary<string, string> environment, TimeProvider time) => new()
    {
        Environment = environment.Where(variable => Passed.Contains(variable.Key))
            .ToDictionary(variable => variable.Key, variable => variable.Value),
        TimeProvider = time,
    };

    /// <summary>What a git is found by that outlives us; null: it is nobody's in particular.</summary>
    public string? Tag { get; init; }

    public GitIdentity Identity { get; init; } = GitIdentity.Swarm;

    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How often a call is repeated while another git holds a lock it needs.</summary>
    public int LockRetriesMax { get; init; } = 8;

    /// <summary>The wait before the first repetition; doubled for each further one.</summary>
    public TimeSpan LockRetryDelayMin { get; init; } = TimeSpan.FromMilliseconds(20);

    public TimeSpan LockRetryDelayMax { get; init; } = TimeSpan.FromMilliseconds(640);

    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;
}

/// <summary>Whose configuration a git command obeys.</summary>
enum GitScope
{
    /// <summary>The swarm's own repositories: the result depends on the inputs alone, not on who runs it.</summary>
    Own,

    /// <summary>The user's repository, or a remote reached with the user's credentials.</summary>
    User,
}
