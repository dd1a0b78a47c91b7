namespace Beadswarm.Pipelines;

/// <summary>The name of a step of the pipeline, for example <c>implement</c>.</summary>
readonly record struct StageName(string Value)
{
    /// <summary>The stage that feedback leads back to.</summary>
    public static readonly StageName Implement = new("implement");

    public override string ToString() => Value;
}

/// <summary>Who runs a stage.</summary>
enum StageKind
{
    /// <summary>An agent CLI with a prompt.</summary>
    Agent,

    /// <summary>Nothing but the stage's gates.</summary>
    Command,
}

/// <summary>One step of the pipeline, as data.</summary>
sealed record StageSpec
{
    public required StageName Name { get; init; }

    public StageKind Kind { get; init; } = StageKind.Agent;

    /// <summary>Name of the prompt template: a preset's, or a file relative to the repository.</summary>
    public string? Prompt { get; init; }

    /// <summary>The agent must say pass or fail; saying nothing is a failure.</summary>
    public bool VerdictRequired { get; init; }

    /// <summary>The stage must leave a commit and a tree that no failed attempt had.</summary>
    public bool ProgressRequired { get; init; }

    /// <summary>Gates that must pass on the committed tree.</summary>
    public IReadOnlyList<string> Gates { get; init; } = [];

    /// <summary>
    /// Gates that must fail on the committed tree where the stage has changed it: it leaves tests of what is not there
    /// yet, and tests that pass already prove nothing.
    /// </summary>
    public IReadOnlyList<string> RedGates { get; init; } = [];

    /// <summary>Overrides <c>limits.stageTimeout</c>.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>
    /// Name of the document the agent may leave in <c>$BEADSWARM_CONTEXT</c> for later stages; kept as an artifact.
    /// </summary>
    public string? Artifact { get; init; }
}

/// <summary>The stages in order, and how many attempts a bead has.</summary>
/// <param name="Stages">In order; never empty; names are unique.</param>
/// <param name="MaxAttempts">Passes from <see cref="RetryFrom"/> on before a bead is blocked.</param>
/// <param name="RetryFrom">Where a failed check leads back to.</param>
sealed record Pipeline(IReadOnlyList<StageSpec> Stages, int MaxAttempts, StageName RetryFrom)
{
    public StageSpec this[StageName name] =>
        Stages.FirstOrDefault(stage => stage.Name == name)
        ?? throw new KeyNotFoundException($"the pipeline has no stage '{name}'");

    /// <summary>The stage after <paramref name="name"/>, or null after the last.</summary>
    public StageSpec? After(StageName name)
    {
        var index = IndexOf(name);
        return index + 1 < Stages.Count ? Stages[index + 1] : null;
    }

    public bool Has(StageName name) => Stages.Any(stage => stage.Name == name);

    /// <summary>True when <paramref name="name"/> comes before the stage that feedback leads back to.</summary>
    public bool BeforeRetry(StageName name) => IndexOf(name) < IndexOf(RetryFrom);

    int IndexOf(StageName name)
    {
        for (var i = 0; i < Stages.Count; i++)
        {
            if (Stages[i].Name == name)
            {
                return i;
            }
        }

        throw new KeyNotFoundException($"the pipeline has no stage '{name}'");
    }
}
