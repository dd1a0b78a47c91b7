using static Beadswarm.Configuration.ConfigType;

namespace Beadswarm.Configuration;

/// <summary>The one description of every key there is.</summary>
static class ConfigKeys
{
    const string NamePattern = "^[a-z0-9][a-z0-9._-]{0,63}$";
    const string NameSays = "lower case letters, digits, '.', '_' and '-', at most 64";
    const string RefPattern = @"^(?!.*(\.\.|//|@\{|\.lock(/|$)))[A-Za-z0-9_][A-Za-z0-9_./+-]{0,199}(?<![./])$";
    const string RefSays = "a branch name";

    public static readonly Text Name = new(NamePattern, NameSays);

    static readonly Number Price = new(0, 10_000);
    static readonly Number Money = new(0, 1_000_000);
    static readonly Whole TokensMost = new(0, 1_000_000_000_000);

    /// <summary>The sections in the order they are written, with what each is for.</summary>
    public static readonly IReadOnlyList<(string Name, string Doc)> Sections =
    [
        ("tracker", "Where the backlog is, and whose rules it follows."),
        ("select", "Which beads a run takes, and in which order. Empty lists select everything."),
        ("pools", "Agents by role. Without it the pools come from the pipeline's preset."),
        ("runners", "Agent programs by name. A pool names the one it uses."),
        ("pipeline", "The stages a bead goes through."),
        ("gates", "Commands run by the orchestrator on an exact commit; their exit code is the evidence. "
            + "Giving this section replaces the gates found in the repository; `gates: {}` means none."),
        ("landing", "How a passed bead gets onto the target branch."),
        ("workspace", "What an agent works in."),
        ("limits", "Every bound of a run."),
        ("prices", "What a model costs, by its name: US dollars for a million tokens. Used where an agent CLI does not "
            + "say what it cost. What is given here comes before the prices that ship with the program, which are "
            + "listed below; a model with neither has an unknown cost, which is said and never taken for nothing."),
    ];

    public static readonly IReadOnlyList<ConfigKey> All =
    [
        new("agents", new Whole(0, 1000), null,
            "Number of agents over all pools, spread in proportion to the pools' own numbers. 0: the swarm starts "
                + "none, serves agents that take part by verbs, and lands.",
            "the sum of the pools, 12 without any") { Nullable = true },
        new("runner", Name, null, "Runner of the pools that name none.", "the only runner, or the first one written")
        {
            Nullable = true,
        },
        new("store", new Text("^(sqlite|postgres(ql)?://.+)$", "sqlite or postgres://user@host:port/database"),
            "sqlite",
            "Where the swarm keeps its state: sqlite, in .beadswarm/swarm.db, or a PostgreSQL database's address."),

        new("sandbox", Choose("none", "bwrap"), "none",
            "bwrap: every agent runs in a sandbox made by bubblewrap, where it changes nothing but its workspace."),
        new("network", Choose("on", "off"), "on",
            "off: agents in a sandbox have no network at all, so a model must run inside of it."),

        new("tracker.kind", Later(["auto", "jsonl"], ["bd", "br"]), "auto",
            "jsonl, which is what auto finds: .beads/issues.jsonl itself, under the lock files that bd and br take."),
        new("tracker.dialect", Choose("auto", "bd", "bd-classic", "br"), "auto",
            "Whose rules decide what is ready: bd 1.0.5 and later, bd up to 0.50, or br."),
        new("tracker.commit", new Switch(), "true",
            "Bring the tracker's file onto the target branch, where git tracks it. Off in mode pull-request unless it "
                + "is given: such a target takes no pushes."),
        new("tracker.commitInterval", Span("0s", "1d"), "30s",
            "Changes of the tracker within this time share a commit."),
        new("tracker.actor", Name, "beadswarm", "Prefix of the assignee written into the tracker."),

        new("select.priority", new Priorities(), "[]", "Only beads of these priorities."),
        new("select.epic", new Text(@"^\S{1,255}$", "a bead id"), null,
            "Only the bead of this id and what is below it.")
        {
            Nullable = true,
        },
        new("select.labels", new Words(), "[]", "Only beads with all of these labels."),
        new("select.types", new Words(), "[]", "Only beads of one of these types."),
        new("select.assignees", new Words(), "[]", "Only beads of one of these assignees."),
        new("select.ids", new Words(), "[]", "Only these beads."),
        new("select.order", Choose("triage", "tracker"), "triage",
            "triage: priority, then what a bead unblocks, then age. tracker: as the tracker's own ready command."),
        new("select.limit", new Whole(1, 1_000_000), null, "How many beads this run may start.") { Nullable = true },
        new("select.target", new Whole(1, 1_000_000), null, "How many beads this run is to land.") { Nullable = true },

        new("pools[].role", Name, null,
            "worker, test-writer, implementer, reviewer, planner and merger know their stages; any other name needs "
            + "stages.")
        {
            Required = true,
        },
        new("pools[].agents", new Whole(1, 1000), "1", "Number of agents."),
        new("pools[].runner", Name, null, "Name of a runner.", "`runner`") { Nullable = true },
        new("pools[].stages", new Words(), null, "Names of the stages these agents serve.", "the role's stages"),

        new("runners.*.kind", Choose("command", "scripted", "claude-code", "codex", "gemini", "opencode", "acp"),
            "command", "command: any program that reads the prompt from standard input and changes files. "
            + "scripted: the agent without a model that ships with the program. acp: any agent of the Agent Client "
            + "Protocol. The others are agent CLIs that are known: how to run them, and how to read what they print."),
        new("runners.*.command", new Arguments(), "[]",
            "Program and arguments, one list item each; never a shell line. Required for kinds command and acp; for an "
            + "agent CLI, its program where it is not to be looked for on PATH."),
        new("runners.*.model", new Text(@"^[A-Za-z0-9][A-Za-z0-9._:/@\[\]-]{0,99}$", "the name of a model"), null,
            "Model of an agent CLI, as the CLI names it.", "the CLI's own") { Nullable = true },
        new("runners.*.effort", new Text("^[a-z]{1,20}$", "a lower case word"), null,
            "How much the model thinks, as the CLI names it: for example low, medium or high.", "the CLI's own")
        {
            Nullable = true,
        },
        new("runners.*.permission", Choose("full", "edits"), "full",
            "What an agent CLI may do without asking, as nobody is there to answer. full: everything that the "
            + "isolation around it allows. edits: change files; commands as far as the CLI allows them then."),
        new("runners.*.fallback", Name, null,
            "Name of the runner to use while this one's vendor refuses work: rate limited or overloaded.", "wait")
        {
            Nullable = true,
        },
        new("runners.*.extraArguments", new Arguments(), "[]",
            "Further arguments for an agent CLI, after those it is given anyway."),
        new("runners.*.environment", new TextMap(), "{}", "Variables added to the agent's environment."),
        new("runners.*.passEnvironment", new Words(), "[]",
            "Names of variables the agent gets from the orchestrator's own environment, beside the built-in list."),
        new("runners.*.sandbox", Choose("none", "bwrap"), null, "Replaces `sandbox` for this runner.", "`sandbox`"),
        new("runners.*.network", Choose("on", "off"), null, "Replaces `network` for this runner.", "`network`"),
        new("runners.*.homeWritable", new Words(), null,
            "Files and folders of the home folder that agents in a sandbox see and change.",
            "where the kind's CLI keeps account and sessions, for example .claude"),
        new("runners.*.homeReadable", new Words(), null,
            "Those that they only see. Nothing else of the home folder is there.",
            "the usual places of toolchains, for example .cargo/bin"),

        new("pipeline.preset", Choose([.. Pipelines.PipelinePresets.All.Select(preset => preset.Name)]), "default",
            "A pipeline that ships with the program. Not together with stages."),
        new("pipeline.maxAttempts", new Whole(1, 20), "3", "Attempts a bead has before it is blocked."),
        new("pipeline.retryFrom", Name, null, "The stage that feedback leads back to.",
            "the preset's; with stages: implement, or else the first stage that requires progress, or else the first")
        {
            Nullable = true,
        },
        new("pipeline.stages[].name", Name, null, "Name of the stage; unique.") { Required = true },
        new("pipeline.stages[].kind", Choose("agent", "command"), "agent",
            "agent: an agent with a prompt. command: nothing but the gates."),
        new("pipeline.stages[].prompt", new Text(), null,
            "Name of a prompt that ships with the program, or a Markdown file relative to the repository.",
            "the prompt with the name of the stage, if there is one") { Nullable = true },
        new("pipeline.stages[].verdictRequired", new Switch(), "false",
            "The agent must say pass or fail; saying nothing is a failure."),
        new("pipeline.stages[].progressRequired", new Switch(), "false",
            "The stage must leave a tree that neither was there before nor has failed."),
        new("pipeline.stages[].gates", new Words(), null, "Gates that must pass on the committed tree.",
            "all gates from retryFrom on, none before it"),
        new("pipeline.stages[].redGates", new Words(), null,
            "Gates that must fail on the committed tree where the stage has changed it, because it leaves tests of "
                + "what is not there yet. Later stages must not remove these tests.",
            "none; test at the contract of the preset roles"),
        new("pipeline.stages[].timeout", Span("1s", "7d"), null, "Replaces limits.stageTimeout.",
            "`limits.stageTimeout`")
        {
            Nullable = true,
        },
        new("pipeline.stages[].artifact", new Text(@"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$", "a file name"), null,
            "File the agent may leave in $BEADSWARM_CONTEXT for later stages.") { Nullable = true },

        new("gates.*.run", new Text(@"\S", "not empty"), null,
            "Run by /bin/sh -c in the root of a clean checkout.") { Required = true },
        new("gates.*.timeout", Span("1s", "1d"), "10m", "A gate that runs longer has failed."),
        new("gates.*.countPattern", new Expression(), null,
            "Counts matches in the output, for example warnings; more than the baseline fails, fewer lower it.")
        {
            Nullable = true,
        },
        new("gates.*.cleanup", new Text(@"\S", "not empty"), null,
            "Run after this gate failed, to remove what it left behind.") { Nullable = true },
        new("gates.*.beforeCommit", new Switch(), "false",
            "Also run by the workspace's hook before an agent's commit."),
        new("gates.*.reruns", new Whole(0, 10), "0",
            "Runs on the same tree that a failure has to survive; a gate that then passes is recorded as flaky."),
        new("gates.*.quarantined", new Switch(), "false",
            "Run and recorded, but its failures hold nothing up: for a flaky gate until it is mended."),
        new("gates.*.cached", new Switch(), "true", "A verdict may be used again for the same tree and command."),

        new("landing.mode", Choose("queue", "integration", "branch", "pull-request"), "queue",
            "queue: tested merged with the target, then the target moves. integration: the same onto an integration "
            + "branch, promoted when its gates are green. branch: the branch is left for a person. pull-request: "
            + "tested as in mode queue, then proposed to GitHub, which merges it when checks and reviews allow it."),
        new("landing.target", new Text(RefPattern, RefSays), null, "Name of the target branch.",
            "the repository's default branch"),
        new("landing.remote", new Text("^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$", "a remote's name"), null,
            "Remote that holds the target; null: the repository itself.", "the remote found, or none")
        {
            Nullable = true,
        },
        new("landing.gates", new Words(), null, "Gates run on the merged tree.", "all gates"),
        new("landing.batch", new Whole(1, 64), "8",
            "Most beads that are tested as one combination and land by one commit, when more wait than tests may run; "
            + "how many it is depends on how often tests have failed. In modes queue and integration without squash; "
            + "otherwise 1."),
        new("landing.tests", new Whole(1, 64), null, "Candidates that are tested at once.",
            "one for every four processors, at most 8"),
        new("landing.reruns", new Whole(0, 10), "1",
            "Failures of a single bead upon the target that are forgiven before it is returned: gates are flaky."),
        new("landing.aging", Span("0s", "30d"), "10m",
            "For so long a bead in the merge queue may be overtaken by one of the next higher priority; 0s: none is."),
        new("landing.watch", Span("0s", "1d"), "10m",
            "How often it is looked whether what has landed is still on the target; what others reverted or lost is "
            + "taken up again. 0s: never."),
        new("landing.watchEvery", Span("0s", "30d"), "0s",
            "How often the target's tip, when it is another one, is tested as a whole, also what others have put "
            + "there. What fails twice on one tree is traced to its commit; a bead that landed it is taken up again. "
            + "0s: never."),
        new("landing.watchGates", new Words(), null,
            "The gates of the whole that this runs, or `all`: gates that are too slow for every landing, too.",
            "all gates") { Nullable = true },
        new("landing.integrationBranch", new Text(RefPattern, RefSays), "beadswarm/integration",
            "Branch of mode integration."),
        new("landing.squash", new Switch(), "false", "One commit for each bead instead of a merge commit."),
        new("landing.resolve[].paths", new Words(), null,
            "Files whose conflicts are settled without an agent: names, or paths with *, ? and **. Tried only when all "
            + "conflicting files of a merge have an entry, and what comes out is tested like any other candidate."),
        new("landing.resolve[].union", new Switch(), "false",
            "Keep the lines that either side added, as git's union merge does: for lists such as imports."),
        new("landing.resolve[].command", new Text(@"\S", "a command"), null,
            "Regenerates the files, with /bin/sh, in the merged tree, where they hold conflict markers: lock files. It "
            + "fails where it exits otherwise than with 0, or leaves a marker.", "none") { Nullable = true },
        new("landing.resolve[].timeout", Span("1s", "1h"), "10m", "How long the command may take."),
        new("landing.reviewStage", new Text("^[a-z][a-z0-9-]{0,63}$", "a prompt's name, such as merger"), null,
            "A last stage in which an agent reviews what is about to land, its diff against the target: `merger`, or "
            + "another prompt that ships. Whoever refuses sends the bead back with findings; what it says is in the "
            + "pull request.", "none") { Nullable = true },
        new("landing.pullRequest.program", new Text(@"^\S+$", "a name on PATH or a path"), "gh",
            "GitHub's own program, which knows your accounts, hosts and proxies."),
        new("landing.pullRequest.repository",
            new Text(@"^([A-Za-z0-9.:_-]+/)?[A-Za-z0-9._-]+/[A-Za-z0-9._-]+$", "OWNER/NAME or HOST/OWNER/NAME"), null,
            "The repository on the forge.", "what the remote's URL says") { Nullable = true },
        new("landing.pullRequest.labels", new Words(), "[]", "Labels of every pull request, beside its bead's own."),
        new("landing.pullRequest.draft", new Switch(), "false",
            "Open them as drafts: a person has to say that they are ready."),
        new("landing.pullRequest.requireReview", new Switch(), "false",
            "Wait for an approving review also where the forge's own rules ask for none."),
        new("landing.pullRequest.poll", Span("1s", "1h"), "30s",
            "Time between two questions to the forge; each asks for all open pull requests at once."),
        new("landing.pullRequest.checksAppear", Span("0s", "1h"), "30s",
            "How long a pull request without any check waits for one to appear. 0s where there is no CI."),
        new("landing.pullRequest.timeout", Span("1m", "90d"), "7d",
            "A bead that has waited to land for longer is left to a person, with its pull request open."),
        new("landing.pullRequest.deleteBranch", new Switch(), "true",
            "Remove the branch of a pull request when its bead has landed."),

        new("workspace.kind", Later(["git-worktree"], ["git-clone", "jj"]), "git-worktree", "How workspaces are made."),

        new("limits.stageTimeout", Span("1s", "7d"), "30m", "An agent that runs longer is terminated and tried again."),
        new("limits.idleTimeout", Span("1s", "7d"), "10m",
            "An agent that prints nothing for this long is terminated and tried again."),
        new("limits.lease", Span("5s", "1h"), "60s", "Life of a claim that is not renewed."),
        new("limits.externalLease", Span("1s", "1d"), "15m",
            "The same for an agent that the swarm has not started: it renews by `beadswarm heartbeat` and by every "
                + "other verb."),
        new("limits.grace", Span("0s", "10m"), "10s", "Between asking a process to end and killing it."),
        new("limits.diskGb", new Number(0.01, 100_000), "20", "Most disk space for everything under .beadswarm/."),
        new("limits.diskFreeGbMin", new Number(0, 100_000), "1", "No new work when less disk space is free."),
        new("limits.agentMemoryGb", new Number(0, 100_000), null,
            "Most memory of one agent with all it has started; beyond it, it is ended and tried again. 0: no limit.",
            "half of the machine's memory"),
        new("limits.memoryFreeGbMin", new Number(0, 100_000), null,
            "No new work when less memory would be left; the agent waits. 0: it does not matter.",
            "1, or a tenth of the machine's memory if less"),
        new("limits.restarts", new Rate(), "3/60s",
            "Restarts of one part of the swarm within a time before it is parked."),
        new("limits.infrastructureRetriesMax", new Whole(0, 100), "5",
            "Infrastructure failures (crash, timeout, network) of a bead that are tried again."),
        new("limits.continuationsMax", new Whole(0, 100), "3",
            "How often an agent that ran out of turns or of context goes on within one attempt."),
        new("limits.retryDelayMin", Span("10ms", "1h"), "1s", "Wait before the first of these retries; it doubles."),
        new("limits.retryDelayMax", Span("10ms", "1d"), "5m", "Longest wait before a retry."),
        new("limits.feedbackBytesMax", new Whole(4096, 1024 * 1024), "16384", "Size of what the next attempt is told."),
        new("limits.logBytesMax", new Whole(65_536, 1L << 40), "67108864", "Size of one log of an agent or a gate."),
        new("limits.logsMax", new Whole(1 << 20, 1L << 44), "2147483648",
            "Bytes that all logs of agents and gates may take. Beyond it the oldest of finished beads are removed."),
        new("limits.gatesMax", new Whole(1, 1024), null, "Gates that may run at once over all agents.",
            "one for each processor"),
        new("limits.budgetUsd", Money, null,
            "Most money that the swarm may cost, over all its runs, in US dollars. Then it drains and ends with exit "
                + "code 22.", "no limit") { Nullable = true },
        new("limits.budgetUsdPerBead", Money, null,
            "Most money that one bead may cost, ever. Then it is blocked.", "no limit") { Nullable = true },
        new("limits.budgetUsdPerDay", Money, null,
            "Most money that all swarms of this store may cost in a day, by the store's clock in UTC.", "no limit")
        {
            Nullable = true,
        },
        new("limits.tokens", TokensMost, null,
            "Most tokens that the swarm may use, of every kind, those of the cache too.", "no limit")
        {
            Nullable = true,
        },
        new("limits.tokensPerBead", TokensMost, null, "The same for one bead, ever.", "no limit") { Nullable = true },
        new("limits.tokensPerDay", TokensMost, null, "The same for a day, in UTC.", "no limit") { Nullable = true },
        new("limits.unpriced", Choose("allow", "refuse"), "allow",
            "Executions of unknown cost while money is limited. allow: told once for each runner; tokens of a model "
                + "without a price count at the dearest of its vendor, what tells no tokens is not counted. "
            + "refuse: a run with a runner that cannot be measured is refused, and one of which it turns out stops."),

        new("prices.*.input", Price, null, "Tokens read, beside those of the cache.") { Required = true },
        new("prices.*.output", Price, null, "Tokens written.") { Required = true },
        new("prices.*.cacheRead", Price, null, "Tokens read from the cache.", "as input") { Nullable = true },
        new("prices.*.cacheWrite", Price, null, "Tokens written to the cache.", "as input") { Nullable = true },
    ];

    /// <summary>Sections within sections, with what each is for.</summary>
    public static readonly IReadOnlyList<(string Name, string Doc)> Parts =
    [
        ("landing.resolve", "Conflicts that are settled without an agent. The first entry for a file counts."),
        ("pipeline.stages", "The stages in order."),
        ("landing.pullRequest", "How beads are proposed in mode pull-request."),
    ];

    static readonly Dictionary<string, ConfigKey> ByPath = All.ToDictionary(key => key.Path);

    /// <summary>
    /// The key that describes a concrete path: <c>gates.build.run</c> is described by <c>gates.*.run</c>.
    /// </summary>
    public static ConfigKey Of(string pattern) => ByPath[pattern];

    public static ConfigKey? Find(string pattern) => ByPath.GetValueOrDefault(pattern);

    static Choice Choose(params string[] words) => new(words, []);

    static Choice Later(string[] words, string[] later) => new(words, later);

    static Duration Span(string min, string max) => new(Parsed(min), Parsed(max));

    static TimeSpan Parsed(string text) =>
        Pipelines.Durations.TryParse(text, out var span)
            ? span
            : throw new FormatException($"'{text}' is not a duration");
}
