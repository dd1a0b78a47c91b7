using Beadswarm.Tests.Support;

namespace Beadswarm.Tests;

/// <summary>The launcher with a stand-in for the SDK, so that what it decides is seen without a build.</summary>
public sealed class LauncherTests : IDisposable
{
    // Knows only what the launcher asks for: its version, and a publish that leaves a program saying what it was given.
    const string Sdk = """
        #!/bin/sh
        case $1 in
          --version | --list-sdks) echo 10.0.401; exit ;;
        esac
        echo built >>"$SDK_LOG"
        [ -z "${SDK_SLOW-}" ] || sleep 0.3
        [ -z "${SDK_FAILS-}" ] || { echo 'Program.cs(3,5): error CS1002: ; expected'; exit 1; }
        case "$*" in
          *PublishReadyToRun=true*) [ -z "${SDK_NO_AOT-}" ] || { echo 'NU1101: crossgen2 not found'; exit 1; } ;;
        esac
        while [ "$1" != -o ]; do shift; done
        mkdir -p "$2"
        printf '#!/bin/sh\nprintf "%%s|" "$@"\necho\n' >"$2/beadswarm"
        chmod +x "$2/beadswarm"
        """;

    readonly TemporaryFolder _folder = new();
    readonly Dictionary<string, string> _environment;

    public LauncherTests()
    {
        Write("bin/dotnet", Sdk);
        foreach (var file in new[] { "beadswarm", "eng/launcher.sh", "eng/toolchain.sh", "global.json" })
        {
            Write($"a checkout/{file}", File.ReadAllText(TidyTests.InRoot(file)));
        }

        Write("a checkout/src/Program.cs", "");
        Write("a checkout/Directory.Build.props", "");
        Write("a checkout/Directory.Packages.props", "");
        _environment = new()
        {
            ["PATH"] = _folder["bin"] + ":" + Environment.GetEnvironmentVariable("PATH"),
            ["SDK_LOG"] = _folder["log"],
        };
    }

    [Fact]
    public async Task It_builds_once_and_passes_every_argument_on()
    {
        var first = await Run("why", "a b", "");
        var second = await Run("status");

        Assert.Equal("why|a b||\n", first.Out);
        Assert.Contains("building, once", first.Error, StringComparison.Ordinal);
        Assert.Equal(("status|\n", "", 1), (second.Out, second.Error, Builds()));
    }

    [Fact]
    public async Task A_changed_added_or_removed_source_builds_again()
    {
        await Run();
        AgeStamp();
        Write("a checkout/src/Program.cs", "changed");
        Assert.Contains("sources have changed", (await Run()).Error, StringComparison.Ordinal);
        AgeStamp();
        File.Delete(_folder["a checkout/src/Program.cs"]);
        await Run();
        await Run();

        Assert.Equal(3, Builds());
    }

    [Fact]
    public async Task It_works_through_a_link_and_from_anywhere()
    {
        File.CreateSymbolicLink(_folder["bin/bs"], "../link");
        File.CreateSymbolicLink(_folder["link"], "a checkout/beadswarm");

        Assert.Equal("x|\n", (await Shell.RunAsync("/", _environment, "bs", "x")).Out);
    }

    [Fact]
    public async Task Two_first_uses_at_once_build_once()
    {
        _environment["SDK_SLOW"] = "yes";

        var both = await Task.WhenAll(Run("one"), Run("two"));

        Assert.Equal(["one|\n", "two|\n"], both.Select(output => output.Out));
        Assert.Equal(1, Builds());
    }

    [Fact]
    public async Task A_failed_build_is_shown_whole_with_its_exit_code()
    {
        _environment["SDK_FAILS"] = "yes";

        var output = await Run("status");

        Assert.Equal((1, ""), (output.ExitCode, output.Out));
        Assert.Contains("Program.cs(3,5): error CS1002", output.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_the_ahead_of_time_compiler_it_builds_without()
    {
        _environment["SDK_NO_AOT"] = "yes";

        var output = await Run("status");

        Assert.Equal((0, 2), (output.ExitCode, Builds()));
        Assert.Contains("start slower", output.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_git_it_says_what_to_install()
    {
        var tools = _folder["tools"];
        Directory.CreateDirectory(tools);
        foreach (var tool in new[] { "sh", "find", "cat", "mkdir", "sed", "dotnet", "flock", "readlink" })
        {
            var found = _environment["PATH"].Split(':')
                .Select(folder => Path.Combine(folder, tool)).FirstOrDefault(File.Exists);
            if (found is not null)
            {
                File.CreateSymbolicLink(Path.Combine(tools, tool), found);
            }
        }

        _environment["PATH"] = tools;
        var output = await Run();

        Assert.Equal(9, output.ExitCode);
        Assert.Contains("git is not on PATH: install git 2.38", output.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("/nonexistent")]
    public async Task An_unusable_home_does_not_keep_it_from_building(string home)
    {
        _environment["HOME"] = home;

        Assert.Equal("x|\n", (await Run("x")).Out);
    }

    public void Dispose() => _folder.Dispose();

    Task<ShellOutput> Run(params string[] arguments) =>
        Shell.RunAsync(_folder.Path, _environment, _folder["a checkout/beadswarm"], arguments);

    int Builds() => File.ReadAllLines(_folder["log"]).Length;

    /// <summary>As if the build had been a minute ago: file times are coarse.</summary>
    void AgeStamp()
    {
        var past = DateTime.UtcNow.AddMinutes(-1);
        var all = Directory.EnumerateFileSystemEntries(_folder["a checkout"], "*", SearchOption.AllDirectories);
        foreach (var path in all.Where(path => !path.Contains("artifacts", StringComparison.Ordinal)))
        {
            File.SetLastWriteTimeUtc(path, past);
        }

        Directory.SetLastWriteTimeUtc(_folder["a checkout/src"], past);
        File.SetLastWriteTimeUtc(_folder["a checkout/artifacts/program/stamp"], past);
    }

    void Write(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_folder[path])!); // every path is below the folder
        File.WriteAllText(_folder[path], text);
        File.SetUnixFileMode(
            _folder[path], UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }
}
