namespace Beadswarm.Pipelines;

/// <summary>How many agents of a role a preset asks for.</summary>
sealed record PresetPool(string Role, int Agents);

/// <summary>A pipeline that ships with the program, and the pools that serve it.</summary>
sealed record PipelinePreset(string Name, string Summary, IReadOnlyList<PresetPool> Pools, StageName RetryFrom)
{
    /// <summary>The stages without gates; <see cref="PipelinePresets.Build"/> adds those the repository has.</summary>
    public required IReadOnlyList<StageSpec> Stages { get; init; }
}

/// <summary>The pipelines that ship with the program, as data.</summary>
static class PipelinePresets
{
    public const int MaxAttempts = 3;

    /// <summary>The role that serves every stage.</summary>
    public const string Worker = "worker";

    static readonly StageSpec[] Reviews =
    [
        new() { Name = new("qa-enforcer"), Prompt = "qa-enforcer", VerdictRequired = true },
        new() { Name = new("red-queen"), Prompt = "red-queen", VerdictRequired = true },
    ];

    public static readonly IReadOnlyList<PipelinePreset> All =
    [
        new("default", "contract, implement, qa-enforcer, red-queen; 12 workers serve all of them",
            [new(Worker, 12)], StageName.Implement)
        {
            Stages =
            [
                new() { Name = new("contract"), Prompt = "contract", Artifact = "contract.md" },
                new() { Name = StageName.Implement, Prompt = "implement", ProgressRequired = true },
                .. Reviews,
            ],
        },
        new("rust", "rust-contract, functional-rust-generator, qa-enforcer, red-queen; 12 workers serve all of them",
            [new(Worker, 12)], new StageName("functional-rust-generator"))
        {
            Stages =
            [
                new() { Name = new("rust-contract"), Prompt = "rust-contract", Artifact = "contract.md" },
                new()
                {
                    Name = new("functional-rust-generator"),
                    Prompt = "functional-rust-generator",
                    ProgressRequired = true,
                },
                .. Reviews,
            ],
        },
        // The planner coordinates contracts: one agent that has seen every bead writes down, before its contract is
        // written, what the bead touches and what it must not disturb. A stage of its own keeps that visible in
        // history, and one planner is enough because a plan is short; a slow one is helped by a larger pool.
        new("roles",
            "plan, contract, implement, qa-enforcer, red-queen; 1 planner, 4 test-writers, 4 implementers, 4 reviewers",
            [new("test-writer", 4), new("implementer", 4), new("reviewer", 4), new("planner", 1)], StageName.Implement)
        {
            Stages =
            [
                new() { Name = new("plan"), Prompt = "planner", Artifact = "plan.md" },
                new()
                {
                    Name = new("contract"), Prompt = "test-writer", Artifact = "contract.md", RedGates = ["test"],
                },
                new() { Name = StageName.Implement, Prompt = "implementer", ProgressRequired = true },
                new() { Name = new("qa-enforcer"), Prompt = "reviewer", VerdictRequired = true },
                new() { Name = new("red-queen"), Prompt = "red-queen", VerdictRequired = true },
            ],
        },
    ];

    public static PipelinePreset Default => All[0];

    public static PipelinePreset? Find(string name) => All.FirstOrDefault(preset => preset.Name == name);

    /// <summary>The preset with a repository's gates on every stage from the retry stage on.</summary>
    public static Pipeline Build(PipelinePreset preset, IReadOnlyList<string> gates, int maxAttempts) =>
        new(WithGates(preset.Stages, preset.RetryFrom, gates), maxAttempts, preset.RetryFrom);

    /// <summary>The pipeline with a last stage in which an agent reviews what is about to land.</summary>
    /// <param name="review">Its name, and that of its prompt.</param>
    public static Pipeline WithReview(Pipeline pipeline, string review, IReadOnlyList<string> gates) =>
        pipeline with
        {
            Stages =
            [
                .. pipeline.Stages,
                new StageSpec { Name = new(review), Prompt = review, VerdictRequired = true, Gates = gates },
            ],
        };

    /// <summary>
    /// Stages that name no gates get all of them from the retry stage on and none before it: a contract has nothing to
    /// build yet. Later stages repeat them for free where the tree is unchanged, since verdicts are kept by tree.
    /// </summary>
    public static IReadOnlyList<StageSpec> WithGates(
        IReadOnlyList<StageSpec> stages, StageName retryFrom, IReadOnlyList<string> gates)
    {
        var built = new List<StageSpec>();
        var gated = false;
        foreach (var stage in stages)
        {
            gated |= stage.Name == retryFrom;
            var red = stage.RedGates.Where(gates.Contains).ToArray();
            built.Add(stage with
            {
                Gates = gated && stage.Gates.Count == 0 ? gates : stage.Gates,
                RedGates = red.Length == stage.RedGates.Count ? stage.RedGates : red,
            });
        }

        return built;
    }

    /// <summary>
    /// The stages a role serves when its pool names none; empty for a role the program does not know.
    /// </summary>
    public static IReadOnlyList<StageName> StagesOf(string role, Pipeline pipeline)
    {
        var names = pipeline.Stages.Select(stage => stage.Name).ToArray();
        var before = names.TakeWhile(name => name != pipeline.RetryFrom).ToArray();
        var plans = before.Where(name => name.Value is "plan" or "planner").ToArray();
        var merges = names.Where(name => name.Value is "merge" or "merger").ToArray();
        return role switch
        {
            Worker => names,
            "planner" => plans.Length > 0 ? plans : before,
            "test-writer" => [.. before.Except(plans)],
            "implementer" => [pipeline.RetryFrom],
            "reviewer" => [.. names.Skip(before.Length + 1).Except(merges)],
            "merger" => merges,
            _ => [],
        };
    }

    public static readonly IReadOnlyList<string> Roles =
        [Worker, "planner", "test-writer", "implementer", "reviewer", "merger"];
}
