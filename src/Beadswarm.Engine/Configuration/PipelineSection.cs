using Beadswarm.Pipelines;

namespace Beadswarm.Configuration;

/// <summary>The pipeline as read, and the preset whose pools go with it.</summary>
sealed record PipelineChoice(Pipeline Pipeline, PipelinePreset? Preset);

/// <summary>Reads the pipeline: a preset, or stages of one's own.</summary>
sealed class PipelineSection(ConfigReader reader, List<ConfigError> errors)
{
    public const int StagesMax = 50;

    public PipelineChoice Read(ConfigScope scope, IReadOnlyList<string> gates)
    {
        var presetName = reader.Text(scope, "preset", PipelinePresets.Default.Name);
        var maxAttempts = reader.Whole(scope, "maxAttempts", PipelinePresets.MaxAttempts);
        var retryFrom = reader.TextOrNull(scope, "retryFrom");
        if (scope.Items("stages") is not { } items)
        {
            var preset = PipelinePresets.Find(presetName) ?? PipelinePresets.Default;
            var back = RetryStage(scope, retryFrom, preset.Stages, preset.RetryFrom);
            return new(new(PipelinePresets.WithGates(preset.Stages, back, gates), maxAttempts, back), preset);
        }

        if (reader.IsGiven(scope, "preset"))
        {
            errors.Add(new(reader.OriginOf(scope, "preset"), "pipeline.preset",
                "a preset and stages are both given; remove one of them"));
        }

        return new(ReadStages(scope, items, maxAttempts, retryFrom, gates), null);
    }

    Pipeline ReadStages(
        ConfigScope scope, IReadOnlyList<ConfigScope> items, int maxAttempts, string? retryFrom,
        IReadOnlyList<string> gates)
    {
        var stages = new List<StageSpec>();
        var ownGates = new HashSet<StageName>();
        foreach (var item in items.Take(StagesMax))
        {
            var (stage, gatesGiven) = ReadStage(item, gates);
            if (stages.Exists(other => other.Name == stage.Name))
            {
                errors.Add(new(reader.OriginOf(item, "name"), item.PathOf("name"),
                    $"stage '{stage.Name}' is given twice; names are unique"));
                continue;
            }

            stages.Add(stage);
            if (gatesGiven)
            {
                ownGates.Add(stage.Name);
            }
        }

        if (items.Count is 0 or > StagesMax)
        {
            errors.Add(new(reader.OriginOf(scope, "stages"), "pipeline.stages",
                $"{items.Count} stages; write 1 to {StagesMax}"));
        }

        if (stages.Count == 0)
        {
            return PipelinePresets.Build(PipelinePresets.Default, gates, maxAttempts);
        }

        var back = RetryStage(scope, retryFrom, stages, DefaultRetry(stages));
        var gated = PipelinePresets.WithGates(stages, back, gates);
        gated = [.. gated.Select((stage, i) => ownGates.Contains(stage.Name) ? stages[i] : stage)];
        return new(gated, maxAttempts, back);
    }

    /// <summary>With the review that <c>landing.reviewStage</c> asks for.</summary>
    public PipelineChoice WithReview(PipelineChoice choice, ConfigScope landing, IReadOnlyList<string> gates)
    {
        if (reader.TextOrNull(landing, "reviewStage") is not { } review)
        {
            return choice;
        }

        var problem = !PromptLibrary.Names.Contains(review)
                ? $"unknown prompt '{PipelineRules.OneLine(review)}'; {Suggestion.Hint(review, PromptLibrary.Names)}"
            : choice.Pipeline.Stages.Any(stage => stage.Name.Value == review)
                ? $"the pipeline has a stage '{review}' already; remove one of them"
            : null;
        if (problem is null)
        {
            return choice with { Pipeline = PipelinePresets.WithReview(choice.Pipeline, review, gates) };
        }

        errors.Add(new(reader.OriginOf(landing, "reviewStage"), "landing.reviewStage", problem));
        return choice;
    }

    (StageSpec Stage, bool GatesGiven) ReadStage(ConfigScope item, IReadOnlyList<string> gates)
    {
        var name = reader.Text(item, "name");
        var kind = reader.Text(item, "kind", "agent") == "command" ? StageKind.Command : StageKind.Agent;
        var prompt = reader.TextOrNull(item, "prompt") ?? (PromptLibrary.Names.Contains(name) ? name : null);
        var own = reader.WordsOrNull(item, "gates");
        var stage = new StageSpec
        {
            Name = new(name),
            Kind = kind,
            Prompt = kind is StageKind.Agent ? prompt : null,
            VerdictRequired = reader.Switch(item, "verdictRequired"),
            ProgressRequired = reader.Switch(item, "progressRequired"),
            Gates = own is null ? [] : ConfigLoader.Known(own, gates, item.PathOf("gates"), "gate", errors),
            RedGates = reader.WordsOrNull(item, "redGates") is { } red
                ? ConfigLoader.Known(red, gates, item.PathOf("redGates"), "gate", errors)
                : [],
            Timeout = reader.DurationOrNull(item, "timeout"),
            Artifact = reader.TextOrNull(item, "artifact"),
        };
        CheckStage(item, stage);
        return (stage, own is not null);
    }

    void CheckStage(ConfigScope item, StageSpec stage)
    {
        switch (stage)
        {
            case { Kind: StageKind.Agent, Prompt: null }:
                errors.Add(new(item.Mapping?.Origin ?? "default", item.Path,
                    $"stage '{stage.Name}' has no prompt; {Suggestion.Hint(stage.Name.Value, PromptLibrary.Names)}"));
                break;
            case { Prompt: { } prompt } when !PromptLibrary.IsName(prompt) && !PromptLibrary.IsFile(prompt):
                errors.Add(new(reader.OriginOf(item, "prompt"), item.PathOf("prompt"),
                    $"'{PipelineRules.OneLine(prompt)}' is neither a prompt's name nor a .md file of the repository; "
                    + Suggestion.Hint(prompt, PromptLibrary.Names)));
                break;
            case { Kind: StageKind.Command, VerdictRequired: true }:
                errors.Add(new(reader.OriginOf(item, "verdictRequired"), item.PathOf("verdictRequired"),
                    "a command stage has no agent to give a verdict; remove it"));
                break;
            case { RedGates: { Count: > 0 } red } when stage.Gates.FirstOrDefault(red.Contains) is { } both:
                errors.Add(new(reader.OriginOf(item, "redGates"), item.PathOf("redGates"),
                    $"gate '{both}' cannot both pass and fail; remove it from gates or from redGates"));
                break;
            case { Kind: StageKind.Command, RedGates.Count: > 0 }:
                errors.Add(new(reader.OriginOf(item, "redGates"), item.PathOf("redGates"),
                    "a command stage writes no tests; remove it"));
                break;
            case { Kind: StageKind.Command, ProgressRequired: true }:
                errors.Add(new(reader.OriginOf(item, "progressRequired"), item.PathOf("progressRequired"),
                    "a command stage changes nothing; remove it"));
                break;
        }
    }

    StageName RetryStage(ConfigScope scope, string? given, IReadOnlyList<StageSpec> stages, StageName otherwise)
    {
        if (given is null)
        {
            return otherwise;
        }

        var names = stages.Select(stage => stage.Name.Value).ToArray();
        if (names.Contains(given))
        {
            return new(given);
        }

        errors.Add(new(reader.OriginOf(scope, "retryFrom"), "pipeline.retryFrom",
            $"unknown stage '{given}'; {Suggestion.Hint(given, names)}"));
        return otherwise;
    }

    static StageName DefaultRetry(List<StageSpec> stages) =>
        (stages.Find(stage => stage.Name == StageName.Implement)
            ?? stages.Find(stage => stage.ProgressRequired)
            ?? stages[0]).Name;
}
