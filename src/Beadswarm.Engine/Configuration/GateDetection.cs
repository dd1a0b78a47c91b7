using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Beadswarm.Beads;
using Beadswarm.Gates;

namespace Beadswarm.Configuration;

/// <summary>
/// Suggests gates from the files of a repository: what its own scripts offer first, then what each build tool has by
/// convention. Pure over a listing; only the few files it asks for are read.
/// </summary>
static class GateDetection
{
    /// <summary>Files longer than this are taken as if they could not be read.</summary>
    public const int ContentMax = 256 * 1024;

    /// <summary>Project files without a solution that a gate names one by one.</summary>
    const int ProjectsMax = 8;

    static readonly string[] ReadNames =
        ["package.json", "pyproject.toml", "Makefile", "makefile", "GNUmakefile", "setup.cfg", "tox.ini"];

    static readonly string[] ScriptNames =
        ["test", "test.sh", "scripts/test", "scripts/test.sh", "script/test", "bin/test"];

    static readonly string[] MakefileNames = ["GNUmakefile", "makefile", "Makefile"];

    static readonly char[] Blanks = [' ', '\t'];

    /// <summary>True for the files whose text decides something; the others only have to exist.</summary>
    public static bool Reads(string path) => ReadNames.Contains(path);

    /// <summary>The gates of a repository.</summary>
    /// <param name="files">Paths from the root with '/', and the text of those that <see cref="Reads"/> names.</param>
    public static IReadOnlyList<DetectedGate> Detect(IReadOnlyDictionary<string, string?> files)
    {
        var tree = new Tree(files);
        Candidate[] own = [.. OwnScripts(tree), .. Make(tree)];
        Candidate[] tools =
        [
            .. Cargo(tree), .. Dotnet(tree), .. Go(tree), .. Node(tree), .. Python(tree), .. Gradle(tree),
            .. Maven(tree), .. Mix(tree), .. Gleam(tree),
        ];

        // What the repository wrote itself replaces what a tool would do by convention, name by name.
        var gates = own.GroupBy(gate => gate.Name).Select(group => group.First()).ToList();
        var rest = tools.Where(gate => !gates.Exists(other => other.Name == gate.Name)).ToArray();
        var several = rest.Select(gate => gate.Tool).Distinct().Count() > 1;
        gates.AddRange(several ? rest.Select(gate => gate with { Name = $"{gate.Tool}-{gate.Name}" }) : rest);
        return
        [
            .. gates.Select(gate => new DetectedGate(new GateSpec { Name = gate.Name, Run = gate.Run }, gate.Reason)),
        ];
    }

    static IEnumerable<Candidate> OwnScripts(Tree tree)
    {
        foreach (var path in ScriptNames)
        {
            if (tree.Has(path))
            {
                var shell = path.EndsWith(".sh", StringComparison.Ordinal) ? $"sh ./{path}" : $"./{path}";
                yield return new("own", "test", shell, $"script {path}");
                yield break;
            }
        }
    }

    static IEnumerable<Candidate> Make(Tree tree)
    {
        var file = MakefileNames.FirstOrDefault(tree.Has);
        if (file is null)
        {
            yield break;
        }

        var targets = Regex.Matches(tree.Text(file), @"(?m)^([A-Za-z0-9_.-]+(?:[ \t]+[A-Za-z0-9_.-]+)*)[ \t]*::?(?!=)")
            .SelectMany(match => match.Groups[1].Value.Split(Blanks, StringSplitOptions.RemoveEmptyEntries))
            .ToHashSet();
        foreach (var (name, target) in ((string, string)[])
            [("build", "build"), ("test", "test"), ("test", "check"), ("lint", "lint")])
        {
            if (targets.Contains(target) && !(target == "check" && targets.Contains("test")))
            {
                yield return new("make", name, $"make {target}", $"target {target} of {file}");
            }
        }
    }

    static IEnumerable<Candidate> Cargo(Tree tree) => tree.Has("Cargo.toml")
        ?
        [
            new("cargo", "build", "cargo build --all-targets", "Cargo.toml"),
            new("cargo", "test", "cargo test", "Cargo.toml"),
            new("cargo", "clippy", "cargo clippy --all-targets -- -D warnings", "Cargo.toml"),
        ]
        : [];

    static IEnumerable<Candidate> Dotnet(Tree tree)
    {
        var solutions = tree.Root(".slnx").Concat(tree.Root(".sln")).ToArray();
        var projects = tree.Ending(".csproj").Concat(tree.Ending(".fsproj")).Take(ProjectsMax + 1).ToArray();
        if (solutions.Length > 0)
        {
            // With one solution the tool finds it itself; with several it must be told.
            var name = solutions.Length == 1 ? "" : $" {Shell(solutions[0])}";
            yield return new("dotnet", "build", $"dotnet build{name}", solutions[0]);
            yield return new("dotnet", "test", $"dotnet test{name}", solutions[0]);
        }
        else if (projects.Length is > 0 and <= ProjectsMax)
        {
            yield return new("dotnet", "build", Each("dotnet build", projects), projects[0]);
            var tests = projects.Where(path => path.Contains("test", StringComparison.OrdinalIgnoreCase)).ToArray();
            if (tests.Length > 0)
            {
                yield return new("dotnet", "test", Each("dotnet test", tests), tests[0]);
            }
        }
    }

    static IEnumerable<Candidate> Go(Tree tree) => tree.Has("go.mod")
        ?
        [
            new("go", "build", "go build ./...", "go.mod"),
            new("go", "test", "go test ./...", "go.mod"),
            new("go", "vet", "go vet ./...", "go.mod"),
        ]
        : [];

    static IEnumerable<Candidate> Node(Tree tree)
    {
        var (tool, install) =
            tree.Has("pnpm-lock.yaml") ? ("pnpm", "pnpm install --frozen-lockfile")
            : tree.Has("yarn.lock") ? ("yarn", "yarn install --frozen-lockfile")
            : tree.Has("package-lock.json") ? ("npm", "npm ci")
            : ("npm", "npm install");
        var scripts = Scripts(tree.Text("package.json"));
        foreach (var name in (string[])["build", "test", "lint", "typecheck"])
        {
            // `npm init` writes a test script that always fails.
            if (scripts.TryGetValue(name, out var script)
                && !script.Contains("no test specified", StringComparison.Ordinal))
            {
                // A clean checkout has no packages; the second gate in the same checkout need not fetch them again.
                yield return new("node", name,
                    $"{{ test -d node_modules || {install}; }} && {tool} run {name}", $"script {name} of package.json");
            }
        }
    }

    static IEnumerable<Candidate> Python(Tree tree)
    {
        var project = tree.Text("pyproject.toml");
        var prefix = tree.Has("uv.lock") ? "uv run " : tree.Has("poetry.lock") ? "poetry run " : "";
        var tests = tree.Any(path => Regex.IsMatch(path, @"(^|/)(test_[^/]*|[^/]*_test|conftest)\.py$"));
        var pytest = tree.Has("pytest.ini") || project.Contains("pytest", StringComparison.Ordinal)
            || tree.Text("setup.cfg").Contains("pytest", StringComparison.Ordinal)
            || tree.Text("tox.ini").Contains("pytest", StringComparison.Ordinal) || tree.HasNamed("conftest.py");
        if (pytest)
        {
            yield return new("python", "test", prefix.Length > 0 ? $"{prefix}pytest" : "python3 -m pytest",
                tree.Has("pyproject.toml") ? "pytest in pyproject.toml" : "pytest");
        }
        else if (tests)
        {
            var python = prefix.Length > 0 ? $"{prefix}python" : "python3";
            yield return new("python", "test", $"{python} -m unittest discover", "test_*.py");
        }

        if (project.Contains("[tool.ruff", StringComparison.Ordinal))
        {
            yield return new("python", "lint", $"{prefix}ruff check .", "ruff in pyproject.toml");
        }

        if (project.Contains("[tool.mypy", StringComparison.Ordinal))
        {
            yield return new("python", "typecheck", $"{prefix}mypy .", "mypy in pyproject.toml");
        }
    }

    static IEnumerable<Candidate> Gradle(Tree tree)
    {
        var file = ((string[])["build.gradle.kts", "build.gradle"]).FirstOrDefault(tree.Has);
        var gradle = tree.Has("gradlew") ? "./gradlew" : "gradle";
        return file is null
            ? []
            :
            [
                new("gradle", "build", $"{gradle} --no-daemon assemble", file),
                new("gradle", "test", $"{gradle} --no-daemon test", file),
            ];
    }

    static IEnumerable<Candidate> Maven(Tree tree)
    {
        var maven = tree.Has("mvnw") ? "./mvnw" : "mvn";
        return tree.Has("pom.xml")
            ?
            [
                new("maven", "build", $"{maven} -B -q -DskipTests package", "pom.xml"),
                new("maven", "test", $"{maven} -B -q test", "pom.xml"),
            ]
            : [];
    }

    static IEnumerable<Candidate> Mix(Tree tree) => tree.Has("mix.exs")
        ?
        [
            new("mix", "build", "mix deps.get && mix compile --warnings-as-errors", "mix.exs"),
            new("mix", "test", "mix deps.get && mix test", "mix.exs"),
        ]
        : [];

    static IEnumerable<Candidate> Gleam(Tree tree) => tree.Has("gleam.toml")
        ? [new("gleam", "build", "gleam build", "gleam.toml"), new("gleam", "test", "gleam test", "gleam.toml")]
        : [];

    static Dictionary<string, string> Scripts(string json)
    {
        var scripts = new Dictionary<string, string>(StringComparer.Ordinal);
        try
        {
            using var document = JsonDocument.Parse(
                JsonRepair.WithoutHalfPairs(Encoding.UTF8.GetBytes(json.Length == 0 ? "{}" : json)));
            if (document.RootElement is { ValueKind: JsonValueKind.Object } root
                && root.TryGetProperty("scripts", out var found) && found.ValueKind is JsonValueKind.Object)
            {
                foreach (var script in found.EnumerateObject().Where(it => it.Value.ValueKind is JsonValueKind.String))
                {
                    scripts[script.Name] = script.Value.GetString() ?? "";
                }
            }
        }
        catch (JsonException)
        {
            // A broken package.json suggests nothing; its own tool will say what is wrong with it.
        }

        return scripts;
    }

    static string Each(string command, string[] paths) =>
        string.Join(" && ", paths.Select(path => $"{command} {Shell(path)}"));

    // Paths come from the repository and end up in a shell line that a person reads and keeps.
    static string Shell(string path) =>
        Regex.IsMatch(path, "^[A-Za-z0-9_./-]+$") && path[0] != '-'
            ? path
            : $"'./{path.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    /// <summary>A gate before its final name is known.</summary>
    sealed record Candidate(string Tool, string Name, string Run, string Reason);

    /// <summary>The listing with the questions asked of it.</summary>
    sealed class Tree(IReadOnlyDictionary<string, string?> files)
    {
        public bool Has(string path) => files.ContainsKey(path);

        public bool HasNamed(string name) =>
            Any(path => path == name || path.EndsWith("/" + name, StringComparison.Ordinal));

        public bool Any(Func<string, bool> matches) => files.Keys.Any(matches);

        public IEnumerable<string> Root(string suffix) => Ending(suffix).Where(path => !path.Contains('/'));

        public IEnumerable<string> Ending(string suffix) =>
            files.Keys.Where(path => path.EndsWith(suffix, StringComparison.OrdinalIgnoreCase))
                .Order(StringComparer.Ordinal);

        public string Text(string path) =>
            files.GetValueOrDefault(path) is { Length: <= ContentMax } text ? text : "";
    }
}
