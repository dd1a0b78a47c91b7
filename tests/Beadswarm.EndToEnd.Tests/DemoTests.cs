using System.Diagnostics;
using System.Text.Json;
using Beadswarm.EndToEnd.Tests.Support;

namespace Beadswarm.EndToEnd.Tests;

/// <summary>The demo as a user runs it: the built program, real git, real processes.</summary>
public sealed class DemoTests
{
    [Fact]
    public async Task The_demo_lands_everything_but_the_impossible_bead_and_meets_every_kind_of_setback()
    {
        var parent = Directory.CreateTempSubdirectory("beadswarm-e2e-").FullName;
        try
        {
            var folder = Path.Combine(parent, "with a space");
            var (exitCode, output) = await RunAsync(parent, "demo", "--format", "json", "--keep", folder);

            Assert.True(exitCode == 0, output);
            using var demo = JsonDocument.Parse(output.TrimEnd('\n').Split('\n')[^1]);
            var beads = demo.RootElement.GetProperty("beads").EnumerateArray().ToArray();
            var setbacks = beads.SelectMany(bead => bead.GetProperty("setbacks").EnumerateArray())
                .Select(setback => setback.GetString()!).ToArray(); // a setback is always a text
            Assert.Equal(24, beads.Count(bead => bead.GetProperty("state").GetString() == "landed"));
            Assert.Equal(1, beads.Count(bead => bead.GetProperty("state").GetString() == "blocked"));
            Assert.Contains("the gate was red", setbacks);
            Assert.Contains("qa-enforcer objected", setbacks);
            Assert.Contains("red-queen objected", setbacks);
            Assert.Contains(setbacks, setback => setback.StartsWith("conflict in README.md", StringComparison.Ordinal));

            // The user goes on in that repository with the other verbs.
            Assert.Contains("round_half", (await RunAsync(folder, "why", "demo-4")).Output, StringComparison.Ordinal);
            Assert.Equal(0, (await RunAsync(folder, "doctor")).ExitCode);
            Assert.Equal(0, (await RunAsync(folder, "retry", "demo-4")).ExitCode);
            Assert.Equal(0, (await RunAsync(folder, "clean", "--older-than", "0")).ExitCode);
            Assert.Equal(2, (await RunAsync(folder, "run")).ExitCode);
        }
        finally
        {
            Directory.Delete(parent, recursive: true);
        }
    }

    static async Task<(int ExitCode, string Output)> RunAsync(string folder, params string[] arguments)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "beadswarm");
        using var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        })!; // a new process every time
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Machine.Patience);
        return (process.ExitCode, await error + await output);
    }
}
