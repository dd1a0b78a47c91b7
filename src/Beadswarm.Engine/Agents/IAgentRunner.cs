using Beadswarm.Processes;

namespace Beadswarm.Agents;

/// <summary>
/// What to start: the program, its arguments, and variables beside the protocol's. The prompt is always on its standard
/// input, so no shell sees it and no command line limits it.
/// </summary>
sealed record AgentCommand(
    string FileName, IReadOnlyList<string> Arguments, IReadOnlyDictionary<string, string> Environment)
{
    /// <summary>
    /// Variables it gets from the orchestrator's own environment beside the allow-list: where its program looks for
    /// its login and its settings.
    /// </summary>
    public IReadOnlyList<string> PassEnvironment { get; init; } = [];

    /// <summary>Files the program is pointed to; they are written into the session's folder before it starts.</summary>
    public IReadOnlyList<ContextFile> Files { get; init; } = [];

    /// <summary>Programs beside its own that it starts and that a sandbox has to show.</summary>
    public IReadOnlyList<string> Helpers { get; init; } = [];

    /// <summary>
    /// What it reads on its standard input, for a program that would take a part of the prompt for something else;
    /// null: the prompt.
    /// </summary>
    public ContextFile? Input { get; init; }

    /// <summary>
    /// The command of a kind that knows its program: the user may name another one, and adds arguments of his own.
    /// </summary>
    /// <param name="program">Looked for on PATH unless the runner names its own.</param>
    /// <param name="last">What has to stand after the user's arguments.</param>
    public static AgentCommand Of(
        RunnerSpec runner, string program, IReadOnlyList<string> arguments,
        IReadOnlyDictionary<string, string> environment, IReadOnlyList<string>? last = null) => new(
            runner.Command is [var own, ..] ? own : program,
            [.. runner.Command.Skip(1), .. arguments, .. runner.ExtraArguments, .. last ?? []],
            environment);
}

/// <summary>What an ended agent left for its runner to understand.</summary>
/// <param name="OutputTail">The last part of what it printed.</param>
/// <param name="Now">When it is looked at; times of day in its output are meant from here.</param>
/// <param name="Zone">In which it says times of day.</param>
/// <param name="Continued">The conversation it was to go on with.</param>
sealed record AgentReport(
    ChildExit Exit, string OutputTail, AgentResult Result, AgentFiles Files, DateTimeOffset Now, TimeZoneInfo Zone,
    Conversation? Continued);

/// <summary>What a runner understood.</summary>
/// <param name="Verdict">
/// The verdict that the program returned by its own means, as the JSON of a result file; it is kept as one.
/// </param>
/// <param name="LastWords">The last that the agent said, in whatever length it did.</param>
sealed record AgentReading(AgentEnd End, UsageReport Usage, string? Verdict = null, string? LastWords = null);

/// <summary>Knows one kind of agent program: how to start it, and how to read what it leaves.</summary>
interface IAgentRunner
{
    /// <summary>The <see cref="RunnerSpec.Kind"/> it serves.</summary>
    string Kind { get; }

    /// <exception cref="ProcessStartException">The specification names nothing that can be started.</exception>
    AgentCommand Prepare(AgentLaunch launch, AgentFiles files);

    /// <summary>
    /// Says how it ended and what it used. Where we ended it ourselves, only what it used counts.
    /// </summary>
    AgentReading Interpret(AgentReport report);
}
