namespace Beadswarm.Cli;

/// <summary>
/// What an exit code of the program means. The numbers are public: scripts and supervisors rely on them.
/// </summary>
static class ExitCodes
{
    public const int Ok = 0;
    public const int Usage = 1;
    public const int Exhausted = 2;
    public const int Drained = 3;
    public const int Meltdown = 4;
    public const int Held = 5;
    public const int TrackerBroken = 6;
    public const int ConfigInvalid = 7;
    public const int StoreUnusable = 8;
    public const int ToolMissing = 9;
    public const int NotARepository = 10;
    public const int Io = 11;
    public const int NoSwarm = 12;
    public const int NotFound = 13;
    public const int ProblemsFound = 14;
    public const int NotEnded = 15;
    public const int Violated = 16;
    public const int NothingReady = 17;
    public const int Fenced = 18;
    public const int Refused = 19;
    public const int NotPassed = 20;
    public const int Unauthorized = 21;
    public const int BudgetExceeded = 22;
    public const int Bug = 70;
    public const int Terminated = 130;

    /// <summary>Every code with what it means, in order; the reference and <c>--help</c> are made from it.</summary>
    public static readonly IReadOnlyList<(int Code, string Meaning)> All =
    [
        (Ok, "done; for run: the target was reached, or nothing is left that could become ready"),
        (Usage, "the command line is wrong: unknown verb, option or value"),
        (Exhausted, "run, attach: beads are left that are blocked or wait for a blocked one; simulate: none can begin"),
        (Drained, "run, attach: a person asked it to stop and it did at a safe point; --resume goes on"),
        (Meltdown, "run, attach: too many failures at once; it stopped by itself"),
        (Held, "another swarm holds the repository or took it over while this one slept, or a node's cannot be joined"),
        (TrackerBroken, "the tracker's file is missing, doubled, conflicted or broken"),
        (ConfigInvalid, "the configuration is invalid"),
        (StoreUnusable, "the store is damaged, newer than this program, or its server does not let us in or answer"),
        (ToolMissing, "a program that is needed is missing: git, the tracker's or an agent CLI"),
        (NotARepository, "the folder is not inside a git repository"),
        (Io, "reading or writing failed: permissions, a full disk, a broken connection"),
        (NoSwarm, "the verb needs a swarm and there is none, or it was killed"),
        (NotFound, "the bead or agent that was named does not exist here"),
        (ProblemsFound, "doctor, audit, config validate: problems were found"),
        (NotEnded, "attach, stop: you left, or --timeout passed, before the swarm had ended; it goes on"),
        (Violated, "simulate --faults: something did not hold that always must; the seed is printed"),
        (NothingReady, "claim: no bead is to be had now; one may become ready"),
        (Fenced, "heartbeat, stage, release: the token is stale or the lease has ended; stop working on the bead"),
        (Refused, "claim, heartbeat, stage, release: it makes no sense as things stand; the message says why"),
        (NotPassed, "stage pass, stage fail, done: the bead did not pass; the answer says what comes next"),
        (Unauthorized, "run, attach: an agent's vendor does not let it in: no login, no credit, no such model"),
        (BudgetExceeded, "run, attach, plan: the money or the tokens it may use are used up; a higher limit goes on"),
        (Bug, "a defect of this program"),
        (Terminated, "run: the agents were ended by a second Ctrl-C, SIGTERM or stop; their work was kept"),
    ];
}
