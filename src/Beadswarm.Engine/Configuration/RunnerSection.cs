using Beadswarm.Agents;
using Beadswarm.Agents.Acp;
using Beadswarm.Pipelines;
using Beadswarm.Sandboxes;

namespace Beadswarm.Configuration;

/// <summary>The runners of the file, and the one for pools that name none.</summary>
sealed record RunnerChoice(IReadOnlyDictionary<string, RunnerSpec> Specs, string Default);

/// <summary>Reads the runners and says which of them can run in this version.</summary>
sealed class RunnerSection(
    ConfigReader reader, List<ConfigError> errors, List<ConfigError> runProblems, ConfigSources sources)
{
    /// <summary>Always there, for rehearsals of one's own gates.</summary>
    public const string Scripted = "scripted";

    /// <summary>Stands in a pool when there is no runner at all; there is a run problem then.</summary>
    public const string None = "none";

    const string Bwrap = "bwrap";
    const string NetworkOn = "on";

    bool _confined;
    bool _network = true;

    public RunnerChoice Read(ConfigScope top)
    {
        var specs = new Dictionary<string, RunnerSpec>(StringComparer.Ordinal);
        _confined = reader.Text(top, "sandbox", "none") == Bwrap;
        _network = reader.Text(top, "network", NetworkOn) == NetworkOn;
        foreach (var (name, scope) in top.Named("runners") ?? [])
        {
            specs[name] = ReadRunner(name, scope);
        }

        var choice = new RunnerChoice(specs, specs.Keys.FirstOrDefault() ?? FirstFound());
        foreach (var (name, scope) in top.Named("runners") ?? [])
        {
            CheckFallback(name, scope, choice);
        }

        return reader.TextOrNull(top, "runner") is { } given
            ? choice with { Default = Resolve(given, reader.OriginOf(top, "runner"), "runner", choice) }
            : choice;
    }

    void CheckFallback(string name, ConfigScope scope, RunnerChoice choice)
    {
        var (origin, path) = (reader.OriginOf(scope, "fallback"), scope.PathOf("fallback"));
        if (choice.Specs[name].Fallback is not { } fallback || Resolve(fallback, origin, path, choice) != fallback)
        {
            return;
        }

        var seen = new HashSet<string> { name };
        for (var next = fallback; next is not null; next = choice.Specs.GetValueOrDefault(next)?.Fallback)
        {
            if (!seen.Add(next))
            {
                errors.Add(new(origin, path, $"'{fallback}' leads back to '{next}'; the last of them must have none"));
                return;
            }
        }
    }

    /// <summary>The runner a pool names, or an error and the default.</summary>
    public string Resolve(string name, string origin, string path, RunnerChoice choice)
    {
        if (choice.Specs.ContainsKey(name) || name == Scripted || RunnerDetection.Find(name) is not null)
        {
            return name;
        }

        string[] known = [.. choice.Specs.Keys, Scripted];
        errors.Add(new(origin, path, $"unknown runner '{name}'; {Suggestion.Hint(name, known)}"));
        return choice.Default;
    }

    /// <summary>
    /// The runners that can be started; a pool whose runner cannot becomes a run problem. A CLI that is on PATH needs
    /// no entry of its own.
    /// </summary>
    public IReadOnlyDictionary<string, RunnerSpec> Used(IReadOnlyList<PoolConfig> pools, RunnerChoice choice)
    {
        var usable = choice.Specs.Values.Where(spec => !IsMissing(spec)).ToDictionary(spec => spec.Name);
        var found = sources.Detected.Runners.Where(runner => !choice.Specs.ContainsKey(runner.Name))
            .Select(runner => Undeclared(runner.Name, runner.Kind)).Where(spec => !IsMissing(spec));
        foreach (var spec in found.Append(Undeclared(Scripted, Scripted)))
        {
            usable.TryAdd(spec.Name, spec);
        }

        var wanted = pools.Select(pool => pool.Runner)
            .SelectMany(name => new[] { name, choice.Specs.GetValueOrDefault(name)?.Fallback }).OfType<string>();
        foreach (var name in wanted.Distinct().Where(name => !usable.ContainsKey(name)))
        {
            runProblems.Add(Problem(name, choice));
        }

        return usable;
    }

    /// <summary>Its program would be looked for on PATH, and is not there.</summary>
    bool IsMissing(RunnerSpec spec) =>
        spec.Command.Count == 0 && !spec.Environment.ContainsKey("PATH")
        && RunnerDetection.OfKind(spec.Kind) is { } known
        && sources.Detected.Runners.All(found => found.Kind != known.Kind);

    ConfigError Problem(string name, RunnerChoice choice)
    {
        var known = RunnerDetection.Find(name);
        var kind = choice.Specs.TryGetValue(name, out var spec) ? spec.Kind : known?.Kind;
        var found = sources.Detected.Runners.Count == 0
            ? "no agent CLI was found on PATH"
            : $"found on PATH: {string.Join(", ", sources.Detected.Runners.Select(runner => runner.Name))}";
        return kind is null
            ? new(sources.FileName, "runners", $"no runner is configured and {found}; add one, for example "
                + "runners: { mine: { kind: command, command: [my-agent, --prompt-from-stdin] } }")
            : new(sources.FileName, "runners", $"runner '{name}' is of kind {kind}, whose program "
                + $"'{RunnerDetection.OfKind(kind)?.Program ?? kind}' is not on PATH; install it, or name it with its "
                + $"path, for example runners: {{ {name}: {{ kind: {kind}, command: [/opt/agent] }} }}");
    }

    RunnerSpec ReadRunner(string name, ConfigScope scope)
    {
        var spec = new RunnerSpec
        {
            Name = name,
            Kind = reader.Text(scope, "kind", "command"),
            Command = [.. reader.Words(scope, "command").Select(word => word.Text)],
            Model = reader.TextOrNull(scope, "model"),
            Effort = reader.TextOrNull(scope, "effort"),
            Permission = reader.Text(scope, "permission", "full") == "edits"
                ? AgentPermission.Edits
                : AgentPermission.Full,
            Fallback = reader.TextOrNull(scope, "fallback"),
            ExtraArguments = [.. reader.Words(scope, "extraArguments").Select(word => word.Text)],
            Environment = reader.Map(scope, "environment"),
            PassEnvironment = [.. reader.Words(scope, "passEnvironment").Select(word => word.Text)],
        };
        if (spec is { Kind: "command" or AcpRunner.KindName, Command: [] or ["", ..] })
        {
            errors.Add(new(scope.Mapping?.Origin ?? sources.FileName, scope.Path,
                $"runner '{name}' has no command; add command: [program, argument, ...]"));
        }

        spec = spec with { Sandbox = ReadSandbox(scope, spec.Kind) };
        foreach (var variable in spec.Environment.Keys.Concat(spec.PassEnvironment).Where(IsOurs))
        {
            errors.Add(new(reader.OriginOf(scope, "environment"), scope.Path,
                $"'{PipelineRules.OneLine(variable)}' belongs to the agent protocol and cannot be set; rename it"));
        }

        return spec;
    }

    RunnerSpec Undeclared(string name, string kind) => new()
    {
        Name = name,
        Kind = kind,
        Sandbox = _confined
            ? new(_network, SandboxDefaults.HomeWritable(kind), SandboxDefaults.HomeReadable)
            : null,
    };

    SandboxPolicy? ReadSandbox(ConfigScope scope, string kind)
    {
        var confined = reader.TextOrNull(scope, "sandbox", _confined ? Bwrap : "none") == Bwrap;
        var network = reader.TextOrNull(scope, "network", _network ? NetworkOn : "off") == NetworkOn;
        var writable = ReadPlaces(scope, "homeWritable") ?? SandboxDefaults.HomeWritable(kind);
        var readable = ReadPlaces(scope, "homeReadable") ?? SandboxDefaults.HomeReadable;
        return confined ? new(network, writable, readable) : null;
    }

    IReadOnlyList<string>? ReadPlaces(ConfigScope scope, string name)
    {
        var words = reader.WordsOrNull(scope, name);
        foreach (var word in words ?? [])
        {
            if (SandboxRules.EntryProblem(word.Text) is { } problem)
            {
                errors.Add(new(word.Origin, $"{scope.Path}.{name}",
                    $"'{PipelineRules.OneLine(word.Text)}' {problem}; write for example .cargo/bin"));
            }
        }

        return words is null ? null : [.. words.Select(word => word.Text)];
    }

    static bool IsOurs(string variable) => variable.StartsWith(EnvironmentNames.Prefix, StringComparison.Ordinal);

    string FirstFound() => sources.Detected.Runners.Count > 0 ? sources.Detected.Runners[0].Name : None;
}
