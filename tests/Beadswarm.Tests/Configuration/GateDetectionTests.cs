using Beadswarm.Configuration;

namespace Beadswarm.Tests.Configuration;

public sealed class GateDetectionTests
{
    [Fact]
    public void Rust() => Check(["Cargo.toml", "src/main.rs"],
        "build: cargo build --all-targets | test: cargo test | clippy: cargo clippy --all-targets -- -D warnings");

    [Fact]
    public void Go() => Check(["go.mod"], "build: go build ./... | test: go test ./... | vet: go vet ./...");

    [Fact]
    public void One_solution_needs_no_name() =>
        Check(["App.slnx", "src/App.csproj"], "build: dotnet build | test: dotnet test");

    [Fact]
    public void Several_solutions_need_one() =>
        Check(["A B.sln", "C.sln"], "build: dotnet build './A B.sln' | test: dotnet test './A B.sln'");

    [Fact]
    public void Projects_without_a_solution_are_named_one_by_one() => Check(
        ["a/a.csproj", "tests/a.tests.csproj"],
        "build: dotnet build a/a.csproj && dotnet build tests/a.tests.csproj | test: dotnet test tests/a.tests.csproj");

    [Theory]
    [InlineData("package-lock.json", "npm ci", "npm")]
    [InlineData("pnpm-lock.yaml", "pnpm install --frozen-lockfile", "pnpm")]
    [InlineData("yarn.lock", "yarn install --frozen-lockfile", "yarn")]
    [InlineData("other", "npm install", "npm")]
    public void Node_follows_its_lock_file(string lockFile, string install, string tool) => Check(
        [lockFile],
        $"build: {{ test -d node_modules || {install}; }} && {tool} run build | "
        + $"test: {{ test -d node_modules || {install}; }} && {tool} run test",
        ("package.json", """{"scripts":{"test":"jest","build":"tsc","start":"x"}}"""));

    [Theory]
    [InlineData("""{"scripts":{"test":"echo \"Error: no test specified\" && exit 1"}}""")]
    [InlineData("""{"scripts":[]}""")]
    [InlineData("[1]")]
    [InlineData("{broken")]
    [InlineData("")]
    public void Node_without_scripts_suggests_nothing(string package) => Check([], "", ("package.json", package));

    [Fact]
    public void Python_with_its_tools() => Check(["uv.lock", "tests/test_a.py"],
        "test: uv run pytest | lint: uv run ruff check . | typecheck: uv run mypy .",
        ("pyproject.toml", "[dependency-groups]\ndev=[\"pytest\"]\n[tool.ruff]\n[tool.mypy]\n"));

    [Fact]
    public void Python_with_plain_tests() => Check(["tests/test_a.py"], "test: python3 -m unittest discover");

    [Fact]
    public void Make_targets() => Check([], "build: make build | test: make check",
        ("Makefile", "CC := gcc\n.PHONY: build check\nbuild clean: x\n\tgcc\ncheck:\n\t./x\nlint = no\n"));

    [Fact]
    public void Own_script_replaces_what_a_tool_would_do() => Check(["test", "Cargo.toml"],
        "test: ./test | build: cargo build --all-targets | clippy: cargo clippy --all-targets -- -D warnings");

    [Fact]
    public void Several_tools_get_names_of_their_own() => Check(["go.mod", "mix.exs"],
        "go-build: go build ./... | go-test: go test ./... | go-vet: go vet ./... | "
        + "mix-build: mix deps.get && mix compile --warnings-as-errors | mix-test: mix deps.get && mix test");

    [Fact]
    public void Java() => Check(["gradlew", "build.gradle.kts"],
        "build: ./gradlew --no-daemon assemble | test: ./gradlew --no-daemon test");

    [Fact]
    public void Maven() => Check(["pom.xml"], "build: mvn -B -q -DskipTests package | test: mvn -B -q test");

    [Fact]
    public void Unknown_files_suggest_nothing() => Check(["README.md", "src/test", "latest"], "");

    [Fact]
    public void Runners_are_those_whose_program_is_found() => Assert.Equal(
        [new FoundRunner("codex", "codex", "bin/codex")],
        RunnerDetection.Detect(program => program == "codex" ? "bin/codex" : null));

    static void Check(string[] files, string expected, params (string Path, string Text)[] read)
    {
        var listing = files.ToDictionary(path => path, _ => (string?)null);
        foreach (var (path, text) in read)
        {
            Assert.True(GateDetection.Reads(path));
            listing[path] = text;
        }

        var gates = GateDetection.Detect(listing);

        Assert.Equal(expected, string.Join(" | ", gates.Select(gate => $"{gate.Gate.Name}: {gate.Gate.Run}")));
        Assert.All(gates, gate => Assert.NotEmpty(gate.Reason));
    }
}
