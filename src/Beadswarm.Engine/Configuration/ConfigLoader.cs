using Beadswarm.Agents;
using Beadswarm.Beads;
using Beadswarm.Costs;
using Beadswarm.Gates;
using Beadswarm.Pipelines;

namespace Beadswarm.Configuration;

/// <summary>
/// Makes the configuration from its layers: flag, then environment, then file, then default. Pure; reports every error
/// it can find, each with its place, and never throws on any input.
/// </summary>
static class ConfigLoader
{
    /// <summary>More errors than this help nobody.</summary>
    public const int ErrorsMax = 100;

    // A mistake may be a megabyte long; what is said about it is not.
    const int PathShownMax = 200;
    const int MessageMax = 1000;

    public static ConfigResult Load(ConfigSources sources)
    {
        var errors = new List<ConfigError>();
        var root = ReadFile(sources, errors);
        EnvironmentNames.Check(sources.Environment, errors);
        CheckFlags(sources.Flags, errors);

        var reader = new ConfigReader(sources, errors);
        var top = new ConfigScope(root, "", "");
        var runProblems = new List<ConfigError>();

        var gates = ReadGates(reader, top, sources.Detected);
        var stages = new PipelineSection(reader, errors);
        var pipeline = stages.WithReview(
            stages.Read(top.Section("pipeline"), [.. gates.Keys]), top.Section("landing"), [.. gates.Keys]);
        var runners = new RunnerSection(reader, errors, runProblems, sources);
        var declared = runners.Read(top);
        var pools = new PoolSection(reader, errors, runners).Read(top, pipeline, declared);

        var landing = ReadLanding(reader, top.Section("landing"), [.. gates.Keys], sources.Detected, errors);
        var config = new SwarmConfig
        {
            Tracker = ReadTracker(reader, top.Section("tracker"), sources.Detected, landing.Mode),
            Select = ReadSelect(reader, top.Section("select"), errors),
            Pools = pools,
            Runners = runners.Used(pools, declared),
            Pipeline = pipeline.Pipeline,
            Gates = gates,
            Landing = landing,
            Workspace = new(ReadSupported(reader, top.Section("workspace"), "kind", errors)),
            Store = ReadStore(reader, top, errors),
            Limits = ReadLimits(reader, top.Section("limits"), sources.Detected, errors),
            Prices = ReadPrices(reader, top),
        };

        runProblems.AddRange(Unpriced(config, reader.OriginOf(top.Section("limits"), "unpriced")));
        return errors.Count == 0
            ? new ConfigResult.Loaded(config, runProblems) { Values = reader.Values }
            : new ConfigResult.Refused(InOrder(errors)) { Values = reader.Values };
    }

    static List<ConfigError> InOrder(List<ConfigError> errors) =>
    [
        .. errors.Distinct()
            .OrderBy(error => error.Position.Line).ThenBy(error => error.Position.Column).Take(ErrorsMax)
            .Select(error => error with
            {
                Path = Excerpt.Of(error.Path, PathShownMax),
                Message = Excerpt.Of(error.Message, MessageMax),
            }),
    ];

    static ConfigNode.Mapping? ReadFile(ConfigSources sources, List<ConfigError> errors)
    {
        if (sources.FileText is null)
        {
            return null;
        }

        var root = YamlText.Read(sources.FileName, sources.FileText, errors);
        if (root is null or ConfigNode.Mapping)
        {
            if (root is ConfigNode.Mapping mapping)
            {
                ConfigShape.Check(mapping, errors);
            }

            return root as ConfigNode.Mapping;
        }

        errors.Add(new(root.Origin, "",
            $"expected keys and values ({string.Join(", ", ConfigShape.NamesUnder(""))})"));
        return null;
    }

    // A flag that names no key is a mistake in the program, but a readable one.
    static void CheckFlags(IReadOnlyList<ConfigFlag> flags, List<ConfigError> errors)
    {
        foreach (var flag in flags.Where(flag => ConfigKeys.Find(flag.Path)?.Variable is null))
        {
            errors.Add(new(flag.Flag, flag.Path, "no key that a flag can set"));
        }
    }

    static TrackerConfig ReadTracker(ConfigReader reader, ConfigScope scope, Detected detected, LandingMode mode) =>
        new(
            reader.Text(scope, "kind", "auto"),
            reader.Text(scope, "dialect", "auto") switch
            {
                "bd" => TrackerDialect.Bd,
                "bd-classic" => TrackerDialect.BdClassic,
                "br" => TrackerDialect.Br,
                _ => detected.Dialect,
            },
            ReadCommit(reader, scope, mode),
            reader.Duration(scope, "commitInterval"),
            reader.Text(scope, "actor", "beadswarm"));

    /// <summary>A target that takes pull requests takes no pushes, as a rule.</summary>
    static bool ReadCommit(ConfigReader reader, ConfigScope scope, LandingMode mode)
    {
        if (mode != LandingMode.PullRequest || reader.IsGiven(scope, "commit"))
        {
            return reader.Switch(scope, "commit");
        }

        reader.Keep(scope.PathOf("commit"), false, "default (mode pull-request)");
        return false;
    }

    static SelectConfig ReadSelect(ConfigReader reader, ConfigScope scope, List<ConfigError> errors) => new()
    {
        Priority = reader.Priorities(scope, "priority"),
        Epic = reader.TextOrNull(scope, "epic") is { } epic && BeadId.TryParse(epic, out var id) ? id : null,
        Labels = Texts(reader.Words(scope, "labels")),
        Types = Texts(reader.Words(scope, "types")),
        Assignees = Texts(reader.Words(scope, "assignees")),
        Ids = ReadIds(reader.Words(scope, "ids"), errors),
        Order = reader.Text(scope, "order", "triage") == "tracker" ? SelectOrder.Tracker : SelectOrder.Triage,
        Limit = reader.WholeOrNull(scope, "limit"),
        Target = reader.WholeOrNull(scope, "target"),
    };

    static List<BeadId> ReadIds(IReadOnlyList<ConfigWord> words, List<ConfigError> errors)
    {
        var ids = new List<BeadId>();
        foreach (var word in words)
        {
            if (BeadId.TryParse(word.Text, out var id))
            {
                ids.Add(id);
            }
            else
            {
                errors.Add(new(word.Origin, "select.ids",
                    $"'{PipelineRules.OneLine(word.Text)}' is not a bead id: no spaces, up to {BeadId.LengthMax}"));
            }
        }

        return ids;
    }

    static Dictionary<string, GateSpec> ReadGates(ConfigReader reader, ConfigScope top, Detected detected)
    {
        var gates = new Dictionary<string, GateSpec>(StringComparer.Ordinal);
        if (top.Named("gates") is { } named)
        {
            foreach (var (name, scope) in named)
            {
                gates[name] = new()
                {
                    Name = name,
                    Run = reader.Text(scope, "run"),
                    Timeout = reader.Duration(scope, "timeout"),
                    CountPattern = reader.TextOrNull(scope, "countPattern"),
                    Cleanup = reader.TextOrNull(scope, "cleanup"),
                    BeforeCommit = reader.Switch(scope, "beforeCommit"),
                    Reruns = reader.Whole(scope, "reruns"),
                    Quarantined = reader.Switch(scope, "quarantined"),
                    Cached = reader.Switch(scope, "cached"),
                };
            }

            return gates;
        }

        foreach (var found in detected.Gates)
        {
            gates[found.Gate.Name] = found.Gate;
            reader.Keep($"gates.{found.Gate.Name}.run", found.Gate.Run, $"detected ({found.Reason})");
            reader.Keep($"gates.{found.Gate.Name}.timeout", found.Gate.Timeout, $"detected ({found.Reason})");
        }

        return gates;
    }

    const string AllGates = "all";

    static LandingConfig ReadLanding(
        ConfigReader reader, ConfigScope scope, IReadOnlyList<string> gates, Detected detected,
        List<ConfigError> errors)
    {
        var mode = ReadSupported(reader, scope, "mode", errors) switch
        {
            "integration" => LandingMode.Integration,
            "branch" => LandingMode.Branch,
            "pull-request" => LandingMode.PullRequest,
            _ => LandingMode.Queue,
        };
        var target = reader.Text(scope, "target", detected.TargetBranch);
        var integration = reader.Text(scope, "integrationBranch", "beadswarm/integration");
        if (mode is LandingMode.Integration && integration == target)
        {
            errors.Add(new(reader.OriginOf(scope, "integrationBranch"), "landing.integrationBranch",
                $"'{integration}' is the target itself; name another branch"));
        }

        var remote = reader.TextOrNull(scope, "remote", detected.Remote);
        if (mode is LandingMode.PullRequest && remote is null)
        {
            errors.Add(new(reader.OriginOf(scope, "mode"), "landing.mode",
                "mode pull-request needs a remote: add one to the repository, or name it in landing.remote"));
        }

        return new(
            mode,
            target,
            remote,
            reader.WordsOrNull(scope, "gates") is { } named
                ? Known(named, gates, "landing.gates", "gate", errors)
                : gates,
            reader.Whole(scope, "batch"),
            integration,
            reader.Switch(scope, "squash"))
        {
            Tests = reader.Whole(scope, "tests", Math.Clamp(detected.Processors / 4, 1, 8)),
            Reruns = reader.Whole(scope, "reruns"),
            Aging = reader.Duration(scope, "aging"),
            Watch = reader.Duration(scope, "watch"),
            WatchGates = reader.WordsOrNull(scope, "watchGates") is { } whole && whole is not [{ Text: AllGates }]
                ? Known(whole, gates, "landing.watchGates", "gate", errors)
                : gates,
            WatchEvery = reader.Duration(scope, "watchEvery"),
            Resolve = ResolveSection.Read(reader, scope, errors),
            PullRequest = ReadPullRequest(reader, scope.Section("pullRequest")),
        };
    }

    static PullRequestConfig ReadPullRequest(ConfigReader reader, ConfigScope scope) => new()
    {
        Program = reader.Text(scope, "program", "gh"),
        Repository = reader.TextOrNull(scope, "repository"),
        Labels = Texts(reader.Words(scope, "labels")),
        Draft = reader.Switch(scope, "draft"),
        ReviewRequired = reader.Switch(scope, "requireReview"),
        Poll = reader.Duration(scope, "poll"),
        ChecksAppear = reader.Duration(scope, "checksAppear"),
        WaitMax = reader.Duration(scope, "timeout"),
        DeleteBranch = reader.Switch(scope, "deleteBranch"),
    };

    static LimitsConfig ReadLimits(ConfigReader reader, ConfigScope scope, Detected detected, List<ConfigError> errors)
    {
        var restarts = reader.Rate(scope, "restarts");
        var limits = new LimitsConfig
        {
            StageTimeout = reader.Duration(scope, "stageTimeout"),
            IdleTimeout = reader.Duration(scope, "idleTimeout"),
            Lease = reader.Duration(scope, "lease"),
            ExternalLease = reader.Duration(scope, "externalLease"),
            Grace = reader.Duration(scope, "grace"),
            DiskGb = reader.Number(scope, "diskGb"),
            DiskFreeGbMin = reader.Number(scope, "diskFreeGbMin"),
            AgentMemoryGb = reader.Number(scope, "agentMemoryGb", Share(detected.MemoryGb, 0.5, double.MaxValue)),
            MemoryFreeGbMin = reader.Number(scope, "memoryFreeGbMin", Share(detected.MemoryGb, 0.1, 1)),
            RestartsMax = restarts.Count,
            RestartWindow = restarts.Window,
            InfrastructureRetriesMax = reader.Whole(scope, "infrastructureRetriesMax"),
            ContinuationsMax = reader.Whole(scope, "continuationsMax"),
            RetryDelayMin = reader.Duration(scope, "retryDelayMin"),
            RetryDelayMax = reader.Duration(scope, "retryDelayMax"),
            FeedbackBytesMax = reader.Whole(scope, "feedbackBytesMax"),
            LogBytesMax = reader.Long(scope, "logBytesMax"),
            LogsMax = reader.Long(scope, "logsMax"),
            GatesMax = reader.Whole(scope, "gatesMax", Math.Max(1, detected.Processors)),
            Budget = ReadBudget(reader, scope),
        };
        var readable = !errors.Exists(error => error.Path.StartsWith("limits.retryDelay", StringComparison.Ordinal));
        if (readable && limits.RetryDelayMin > limits.RetryDelayMax)
        {
            errors.Add(new(reader.OriginOf(scope, "retryDelayMin"), "limits.retryDelayMin",
                $"{Durations.Format(limits.RetryDelayMin)} is more than limits.retryDelayMax, "
                + Durations.Format(limits.RetryDelayMax)));
        }

        return limits;
    }

    static BudgetLimits ReadBudget(ConfigReader reader, ConfigScope scope)
    {
        Allowance Read(string suffix) => new(
            (decimal?)reader.NumberOrNull(scope, "budgetUsd" + suffix), reader.LongOrNull(scope, "tokens" + suffix));

        return new BudgetLimits
        {
            Swarm = Read(""),
            Bead = Read("PerBead"),
            Day = Read("PerDay"),
            RefuseUnpriced = reader.Text(scope, "unpriced", "allow") == "refuse",
        };
    }

    /// <summary>Money that is limited and cannot be measured, where the configuration does not want that.</summary>
    static IEnumerable<ConfigError> Unpriced(SwarmConfig config, string origin)
    {
        var used = config.Pools.Select(pool => pool.Runner).Distinct()
            .Select(name => config.Runners.GetValueOrDefault(name)).OfType<RunnerSpec>();
        return config.Limits.Budget is { LimitsMoney: true, RefuseUnpriced: true }
            ? used.Where(runner => !CostRules.CanMeasure(runner.Kind)).Select(runner => new ConfigError(
                origin, "limits.unpriced",
                $"what runner '{runner.Name}' costs cannot be measured: kind {runner.Kind} says nothing of it; use an "
                    + "agent CLI that is known, or write unpriced: allow"))
            : [];
    }

    static PriceTable ReadPrices(ConfigReader reader, ConfigScope top)
    {
        var prices = new Dictionary<string, ModelPrice>(StringComparer.Ordinal);
        foreach (var (model, scope) in top.Named("prices") ?? [])
        {
            var input = (decimal)reader.Number(scope, "input");
            prices[model] = new ModelPrice(
                input, (decimal)reader.Number(scope, "output"),
                (decimal?)reader.NumberOrNull(scope, "cacheRead") ?? input,
                (decimal?)reader.NumberOrNull(scope, "cacheWrite") ?? input);
        }

        return prices.Count == 0 ? PriceTable.Shipped : new PriceTable(prices);
    }

    // Rounded, because people read it; without a known machine there is no limit.
    static double Share(double? machine, double share, double most) =>
        Math.Min(most, Math.Round((machine ?? 0) * share, 1));

    /// <summary>Where the swarm keeps its state, whatever else the configuration says or gets wrong.</summary>
    public static string StoreOf(ConfigSources sources)
    {
        var errors = new List<ConfigError>();
        var root = ReadFile(sources, errors);
        return ReadStore(new ConfigReader(sources, errors), new ConfigScope(root, "", ""), errors);
    }

    // The address may hold a password, so neither what is shown nor what is complained about repeats it.
    static string ReadStore(ConfigReader reader, ConfigScope top, List<ConfigError> errors)
    {
        var store = reader.Text(top, "store", "sqlite");
        reader.Replace("store", WithoutPassword(store));
        for (var i = 0; i < errors.Count; i++)
        {
            if (errors[i].Path == "store")
            {
                errors[i] = errors[i] with { Message = "must be sqlite or postgres://user@host:port/database" };
            }
        }

        return store;
    }

    static string WithoutPassword(string store) =>
        store.Split("://", 2) is [var scheme, var rest] && rest.IndexOf('@') is > 0 and var at
            && rest.IndexOf(':') is > 0 and var colon && colon < at
            ? $"{scheme}://{rest[..colon]}{rest[at..]}"
            : store;

    /// <summary>Reads a choice and refuses the words that only a later version supports.</summary>
    static string ReadSupported(ConfigReader reader, ConfigScope scope, string name, List<ConfigError> errors)
    {
        var choice = (ConfigType.Choice)ConfigKeys.Of(scope.PatternOf(name)).Type;
        var word = reader.Text(scope, name, choice.Accepted[0]);
        if (choice.Later.Contains(word))
        {
            errors.Add(new(reader.OriginOf(scope, name), scope.PathOf(name),
                $"'{word}' is not supported by this version; write one of {string.Join(", ", choice.Accepted)}"));
        }

        return word;
    }

    /// <summary>The words that name something known; each other one is an error.</summary>
    public static IReadOnlyList<string> Known(
        IReadOnlyList<ConfigWord> words, IReadOnlyList<string> known, string path, string what,
        List<ConfigError> errors)
    {
        foreach (var word in words.Where(word => !known.Contains(word.Text)))
        {
            errors.Add(new(word.Origin, path,
                $"unknown {what} '{PipelineRules.OneLine(word.Text)}'; {Suggestion.Hint(word.Text, known)}"));
        }

        return [.. words.Select(word => word.Text).Where(known.Contains)];
    }

    static IReadOnlyList<string> Texts(IReadOnlyList<ConfigWord> words) => [.. words.Select(word => word.Text)];
}
