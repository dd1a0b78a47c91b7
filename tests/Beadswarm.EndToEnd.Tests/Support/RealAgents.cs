using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using Beadswarm.EndToEnd.Tests.Models;

namespace Beadswarm.EndToEnd.Tests.Support;

/// <summary>
/// The real agent CLIs, as <c>eng/agents</c> pins them and <c>./test</c> installs them, and repositories whose swarm
/// uses them with a model server of the test's own.
/// </summary>
static class RealAgents
{
    /// <summary>Implement and nothing else.</summary>
    public const string OneStage =
        "pipeline: { stages: [ { name: implement, progressRequired: true } ] }";

    /// <summary>Implement, and an agent that checks it.</summary>
    public const string TwoStages =
        """
        pipeline:
          stages:
            - { name: implement, progressRequired: true }
            - { name: qa-enforcer, verdictRequired: true }
        """;

    const string Missing =
        "the agent CLIs that eng/agents pins are missing; './test' installs them, and says why where it cannot";

    /// <summary>A repository whose agents are real ones, and whose models are the server's.</summary>
    /// <param name="more">Further sections of the configuration.</param>
    /// <param name="arguments">Extra arguments of the CLI, as items of a YAML list.</param>
    /// <param name="fallback">The kind of a runner to fall back to.</param>
    /// <param name="wrapper">A script that is started in the place of the CLI, with it as its first argument.</param>
    /// <param name="login">The variable by which Claude Code is logged in.</param>
    public static GitRepository Repository(
        ModelServer server, string kind, IReadOnlyList<BeadLine> beads, int agents, string more = "",
        string arguments = "", string? fallback = null, string gate = "sh gate.sh",
        string limits = "retryDelayMin: 20ms, retryDelayMax: 100ms", string login = "ANTHROPIC_API_KEY",
        string? wrapper = null)
    {
        var repository = new GitRepository();
        repository.Tracker([.. beads]).Write("gate.sh", Scenario.Gate).Write("order.txt", "")
            .Write("src/README", "One file for each bead.\n").Commit();

        // What the CLIs keep of their own is there before anybody looks at what a swarm has left.
        Directory.CreateDirectory(Path.Combine(repository.Home, ".claude"));
        File.WriteAllText(Path.Combine(repository.Home, ".claude.json"), "{}");
        Directory.CreateDirectory(Path.Combine(repository.Home, ".codex"));
        File.WriteAllText(Path.Combine(repository.Home, ".codex", "config.toml"), CodexSettings(server));
        var own = wrapper is null ? null : repository[".beadswarm/wrapper.sh"];
        if (own is not null)
        {
            repository.Write(".beadswarm/wrapper.sh", wrapper!); // just seen
        }

        var other = fallback is null ? "" : Runner(server, "other", fallback, "", null, login, null);
        repository.Write(
            ".beadswarm/swarm.yaml",
            string.Create(
                CultureInfo.InvariantCulture,
                $$"""
                agents: {{agents}}
                runner: real
                runners:
                {{Runner(server, "real", kind, arguments, fallback is null ? null : "other", login, own)}}
                {{other}}
                gates:
                  check: { run: {{JsonSerializer.Serialize(gate, Plain)}} }
                limits: { grace: 2s, {{limits}} }
                {{more}}

                """));
        return repository;
    }

    /// <summary>Runs the swarm to its good end.</summary>
    public static async Task<(Summary Summary, IReadOnlyList<JsonElement> Journal)> RunAsync(GitRepository repository)
    {
        var output = await repository.MustAsync(0, "run", "--format", "json");
        var lines = output.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return (Summary.Of(output), [.. lines.Select(line => JsonDocument.Parse(line).RootElement)]);
    }

    public static JsonElement Entry(IReadOnlyList<JsonElement> journal, string type) => Entries(journal, type)[0];

    /// <summary>How each execution of a stage ended, in order.</summary>
    public static IReadOnlyList<(string Status, string Summary)> Stages(IReadOnlyList<JsonElement> journal) =>
    [
        .. Entries(journal, "stage.ended").Select(entry =>
            (entry.GetProperty("status").GetString()!, entry.GetProperty("summary").GetString()!)), // always there
    ];

    /// <summary>All entries of a type, in order.</summary>
    public static IReadOnlyList<JsonElement> Entries(IReadOnlyList<JsonElement> journal, string type) =>
        [.. journal.Where(entry => entry.GetProperty("type").GetString() == type)];

    static string Runner(
        ModelServer server, string name, string kind, string arguments, string? fallback, string login,
        string? wrapper)
    {
        var (program, model, own, variables) = kind == "codex"
            ? (Codex, "gpt-5.5", "--disable, plugins, --disable, apps, --disable, remote_plugin", "MODEL_KEY: test")
            : (Claude, "claude-sonnet-4-5", "",
                $"ANTHROPIC_BASE_URL: \"{server.Address}\", {login}: test, DISABLE_TELEMETRY: \"1\", "
                + "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: \"1\", CLAUDE_CODE_MAX_RETRIES: \"1\"");
        var separator = own.Length > 0 && arguments.Length > 0 ? ", " : "";
        return $"""
              {name}:
                kind: {kind}
                command: [{(wrapper is null ? "" : $"sh, \"{wrapper}\", ")}"{program}"]
                model: {model}
                fallback: {fallback ?? "null"}
                extraArguments: [{own}{separator}{arguments}]
                environment: {"{"} {variables} {"}"}
            """;
    }

    static string CodexSettings(ModelServer server) =>
        $"""
        model_provider = "played"
        approval_policy = "never"
        check_for_update_on_startup = false
        [model_providers.played]
        name = "played"
        base_url = "{server.Address}/v1"
        wire_api = "responses"
        env_key = "MODEL_KEY"
        request_max_retries = 0
        stream_max_retries = 1
        [analytics]
        enabled = false

        """;

    static string Claude { get; } = Find($"@anthropic-ai/claude-code-linux-{Machine("x64", "arm64")}/claude");

    static string Codex { get; } = Find(
        $"@openai/codex-linux-{Machine("x64", "arm64")}/vendor/"
        + $"{Machine("x86_64", "aarch64")}-unknown-linux-musl/bin/codex");

    static string Machine(string intel, string arm) =>
        RuntimeInformation.OSArchitecture == Architecture.Arm64 ? arm : intel;

    static string Find(string program)
    {
        var path = Path.Combine(Folder(), "node_modules", program);
        Assert.True(File.Exists(path), $"{Missing} ({path} is not there)");
        return path;
    }

    // As eng/agents.sh names it.
    static string Folder([CallerFilePath] string here = "")
    {
        var root = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", ".."));
        var file = Path.Combine(root, "eng", "agents", "package-lock.json");
        var sum = Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file)))[..12];
        var cache = Given("XDG_CACHE_HOME") ?? Path.Combine(Given("HOME") ?? "/root", ".cache");
        return Path.Combine(cache, "beadswarm", $"agents-{sum}");
    }

    static string? Given(string variable) =>
        System.Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value ? value : null;

    static readonly JsonSerializerOptions Plain = new()
    {
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };
}
