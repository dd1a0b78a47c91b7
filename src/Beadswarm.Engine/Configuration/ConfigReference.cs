using System.Globalization;
using System.Text;
using Beadswarm.Costs;
using Beadswarm.Pipelines;

namespace Beadswarm.Configuration;

/// <summary>The reference of the configuration for people: docs/reference/config.md is its output.</summary>
static class ConfigReference
{
    public static string Text()
    {
        var text = new StringBuilder("""
            # Configuration

            Generated from the program's own table of keys; a test keeps it up to date.

            The file is `.beadswarm/swarm.yaml`. Everything has a default, so no file is needed; `beadswarm init` writes
            one with what it found. A value comes from, strongest first: a flag, a variable of the environment, the
            file, the default. `beadswarm config show` says where each value came from, `beadswarm config validate`
            lists every mistake with its place, `beadswarm config schema` prints the JSON Schema.

            The file is plain YAML: one document, no anchors, aliases or tags, at most 1 MiB. Durations are numbers with
            units, large to small: `250ms`, `90s`, `10m`, `1h30m`, `2d`. Variables and flags write lists with commas:
            `BEADSWARM_SELECT_PRIORITY=p0,p1`. Unknown keys are errors.


            """);
        AppendTable(text, "Top level", null, [.. ConfigKeys.All.Where(key => !key.Path.Contains('.'))]);
        foreach (var (name, doc) in ConfigKeys.Sections)
        {
            AppendTable(text, name, doc, [.. ConfigKeys.All.Where(key => BelongsTo(key, name))]);
        }

        AppendPrices(text);
        AppendPresets(text);
        return text.ToString();
    }

    static bool BelongsTo(ConfigKey key, string section) =>
        key.Path.StartsWith(section + ".", StringComparison.Ordinal)
        || key.Path.StartsWith(section + "[", StringComparison.Ordinal);

    static void AppendTable(StringBuilder text, string title, string? doc, IReadOnlyList<ConfigKey> keys)
    {
        text.Append(CultureInfo.InvariantCulture, $"## {title}\n\n{(doc is null ? "" : $"{doc}\n\n")}");
        text.Append("| key | value | default | meaning |\n|---|---|---|---|\n");
        foreach (var key in keys)
        {
            var standard = key.Required ? "required"
                : key.Default is { } value ? $"`{value}`"
                : key.DefaultNote ?? "none";
            var type = key.Type.Title.Replace("|", "\\|", StringComparison.Ordinal);
            var later = key.Type is ConfigType.Choice { Later: { Count: > 0 } words }
                ? $" Not supported by this version: {string.Join(", ", words)}."
                : "";
            text.Append(CultureInfo.InvariantCulture,
                $"| `{key.Path}` | {type} | {standard} | {key.Doc}{later} |\n");
        }

        var variables = keys.Select(key => key.Variable).OfType<string>().ToArray();
        if (variables.Length > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"\nVariables: {Code(variables)}.\n");
        }

        text.Append('\n');
    }

    static void AppendPrices(StringBuilder text)
    {
        text.Append("""
            Prices that ship with the program are list prices of the day that is told, without discounts, surcharges
            for long contexts, or taxes. A model's name is looked up without its vendor before a `/`, without its
            release after it (`-20250929`, `-latest`) and without what stands in brackets; a name that only looks like
            a known one has no price. Where money is limited, the tokens of such a model count against the limits at
            the dearest price of its vendor that is listed here.

            | model | input | output | cache read | cache write | from, on the day |
            |---|---|---|---|---|---|

            """);
        foreach (var (model, price, source) in PriceTable.All)
        {
            text.Append(CultureInfo.InvariantCulture,
                $"| `{model}` | {price.Input} | {price.Output} | {price.CacheRead} | {price.CacheWrite} "
                + $"| {source} |\n");
        }

        text.Append('\n');
    }

    static void AppendPresets(StringBuilder text)
    {
        text.Append("## Presets of `pipeline.preset`\n\n");
        text.Append("| preset | stages | failures lead back to | pools |\n|---|---|---|---|\n");
        foreach (var preset in PipelinePresets.All)
        {
            text.Append(CultureInfo.InvariantCulture,
                $"| `{preset.Name}` | {string.Join(" → ", preset.Stages.Select(stage => stage.Name))} "
                + $"| {preset.RetryFrom} "
                + $"| {string.Join(", ", preset.Pools.Select(pool => $"{pool.Role} {pool.Agents}"))} |\n");
        }

        text.Append("""

            A stage before the one that failures lead back to is itself repeated when it fails; that costs an attempt
            too. Stages from that one on run all gates unless they name their own; stages before it run none. Gate
            verdicts are kept by tree, so an unchanged tree costs nothing at the next stage.

            ## Prompts

            A prompt is a Markdown template: one that ships with the program, by its name, or a `.md` file of the
            repository, by its path.


            """);
        text.Append(CultureInfo.InvariantCulture, $"- names: {Code(PromptLibrary.Names)}\n");
        text.Append(CultureInfo.InvariantCulture,
            $"- a file `{PromptLibrary.OverrideFolder}/NAME.md` replaces the prompt of that name\n");
        var values = PromptValues.Names.Select(name => "{{" + name + "}}");
        text.Append(CultureInfo.InvariantCulture, $"- values: {Code(values)}, and `{"{N}"}` for the agent's number\n");
        text.Append("- sections: `{{#feedback}}…{{/feedback}}` appears only where there is a value, ");
        text.Append("`{{^feedback}}…{{/feedback}}` only where there is none\n");
        text.Append(CultureInfo.InvariantCulture,
            $"- parts: {Code(PromptLibrary.PartNames.Select(name => "{{> " + name + "}}"))}\n");
        text.Append("- `\\{{` is a literal `{{`\n");
    }

    static string Code(IEnumerable<string> words) => string.Join(", ", words.Select(word => $"`{word}`"));
}
