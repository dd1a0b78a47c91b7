using Beadswarm.Pipelines;

namespace Beadswarm.Configuration;

/// <summary>Reads the pools, or takes those of the preset, and spreads the wanted number of agents over them.</summary>
sealed class PoolSection(ConfigReader reader, List<ConfigError> errors, RunnerSection runners)
{
    public const int PoolsMax = 100;
    public const int AgentsMax = 1000;

    public IReadOnlyList<PoolConfig> Read(ConfigScope top, PipelineChoice choice, RunnerChoice declared)
    {
        var items = top.Items("pools");
        var pools = items is { Count: > 0 } ? FromFile(items, choice.Pipeline, declared) : FromPreset(choice, declared);
        CheckServed(top, choice.Pipeline, pools);
        if (items?.Count > PoolsMax)
        {
            errors.Add(new(reader.OriginOf(top, "pools"), "pools", $"{items.Count} pools, the limit is {PoolsMax}"));
        }

        pools = reader.WholeOrNull(top, "agents") is { } total ? Spread(top, pools, total) : pools;
        if (pools.Sum(pool => pool.Agents) > AgentsMax)
        {
            errors.Add(new(reader.OriginOf(top, "pools"), "pools",
                $"{pools.Sum(pool => pool.Agents)} agents over all pools, the limit is {AgentsMax}"));
        }

        return pools;
    }

    List<PoolConfig> FromFile(IReadOnlyList<ConfigScope> items, Pipeline pipeline, RunnerChoice declared)
    {
        var pools = new List<PoolConfig>();
        foreach (var item in items.Take(PoolsMax))
        {
            var role = reader.Text(item, "role");
            var agents = reader.Whole(item, "agents", 1);
            var runner = reader.TextOrNull(item, "runner");
            runner = runner is null
                ? declared.Default
                : runners.Resolve(runner, reader.OriginOf(item, "runner"), item.PathOf("runner"), declared);
            pools.Add(new(role, agents, runner, StagesOf(item, role, pipeline)));
        }

        return pools;
    }

    IReadOnlyList<StageName> StagesOf(ConfigScope item, string role, Pipeline pipeline)
    {
        var names = pipeline.Stages.Select(stage => stage.Name.Value).ToArray();
        if (reader.WordsOrNull(item, "stages") is { } given)
        {
            var known = ConfigLoader.Known(given, names, item.PathOf("stages"), "stage", errors);
            if (given.Count == 0)
            {
                errors.Add(new(reader.OriginOf(item, "stages"), item.PathOf("stages"),
                    "the pool serves no stage; name some or remove the pool"));
            }

            // In the order of the pipeline, whatever the order in the file.
            return [.. names.Where(known.Contains).Select(name => new StageName(name))];
        }

        var stages = PipelinePresets.StagesOf(role, pipeline);
        if (stages.Count == 0 && role.Length > 0)
        {
            errors.Add(new(reader.OriginOf(item, "role"), item.PathOf("role"),
                PipelinePresets.Roles.Contains(role)
                    ? $"role '{role}' has no stage in this pipeline; name its stages ({string.Join(", ", names)})"
                    : $"role '{role}' is not one that knows its stages; name them, or: "
                        + Suggestion.Hint(role, PipelinePresets.Roles)));
        }

        return stages;
    }

    List<PoolConfig> FromPreset(PipelineChoice choice, RunnerChoice declared)
    {
        var preset = choice.Preset ?? PipelinePresets.Default;
        var pools = new List<PoolConfig>();

        // A review before landing is one more stage, which a preset with a pool for each role has nobody for.
        var served = preset.Pools.SelectMany(pool => PipelinePresets.StagesOf(pool.Role, choice.Pipeline)).ToHashSet();
        PresetPool[] more = choice.Pipeline.Stages.All(stage => served.Contains(stage.Name)) ? []
            : [new PresetPool("merger", 1)];
        foreach (var pool in preset.Pools.Concat(more))
        {
            var path = $"pools[{pools.Count}]";
            var origin = $"default (preset {preset.Name})";
            var stages = PipelinePresets.StagesOf(pool.Role, choice.Pipeline);
            pools.Add(new(pool.Role, pool.Agents, declared.Default, stages));
            reader.Keep($"{path}.role", pool.Role, origin);
            reader.Keep($"{path}.agents", pool.Agents, origin);
            reader.Keep($"{path}.runner", declared.Default, origin);
            reader.Keep($"{path}.stages", stages.Select(stage => stage.Value).ToArray(), origin);
        }

        return pools;
    }

    // A stage that nobody serves would hold every bead for ever.
    void CheckServed(ConfigScope top, Pipeline pipeline, List<PoolConfig> pools)
    {
        var served = pools.SelectMany(pool => pool.Stages).ToHashSet();
        foreach (var stage in pipeline.Stages.Where(stage => !served.Contains(stage.Name)))
        {
            errors.Add(new(reader.OriginOf(top, "pools"), "pools",
                $"no pool serves stage '{stage.Name}'; add it to the stages of a pool"));
        }
    }

    /// <summary>In proportion to the pools' own numbers, at least one each, the largest remainders first.</summary>
    List<PoolConfig> Spread(ConfigScope top, List<PoolConfig> pools, int total)
    {
        if (total == 0)
        {
            return [.. pools.Select(pool => pool with { Agents = 0 })];
        }

        if (total < pools.Count)
        {
            errors.Add(new(reader.OriginOf(top, "agents"), "agents",
                $"{total} agents cannot serve {pools.Count} pools; give at least {pools.Count}, or fewer pools"));
            return pools;
        }

        var sum = pools.Sum(pool => (long)pool.Agents);
        var shares = pools.Select(pool => Math.Max(1, (int)(total * (long)pool.Agents / sum))).ToArray();
        var byRemainder = Enumerable.Range(0, pools.Count)
            .OrderByDescending(i => total * (long)pools[i].Agents % sum).ThenBy(i => i).ToArray();
        for (var i = 0; shares.Sum() < total; i++)
        {
            shares[byRemainder[i % pools.Count]]++;
        }

        while (shares.Sum() > total)
        {
            shares[Array.IndexOf(shares, shares.Max())]--;
        }

        return [.. pools.Select((pool, i) => pool with { Agents = shares[i] })];
    }
}
