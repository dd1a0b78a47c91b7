using System.Text;
using Beadswarm.Processes;

namespace Beadswarm.Tests.Support;

/// <summary>Runs a program of the machine for a test and gives what it said.</summary>
static class Shell
{
    public static Task<ShellOutput> RunAsync(string folder, string program, params string[] arguments) =>
        RunAsync(folder, new Dictionary<string, string>(), program, arguments);

    /// <param name="variables">Set beside PATH and HOME; nothing else is inherited.</param>
    public static async Task<ShellOutput> RunAsync(
        string folder, IReadOnlyDictionary<string, string> variables, string program, params string[] arguments)
    {
        var environment = new Dictionary<string, string>
        {
            ["PATH"] = Environment.GetEnvironmentVariable("PATH")!,
            ["HOME"] = folder,
            ["LC_ALL"] = "C.UTF-8",
            ["GIT_CONFIG_NOSYSTEM"] = "1",
        };
        foreach (var (name, value) in variables)
        {
            environment[name] = value;
        }

        var result = await Command.RunAsync(
            new CommandSpec
            {
                FileName = program,
                Arguments = arguments,
                WorkingDirectory = folder,
                Environment = environment,
            },
            TestContext.Current.CancellationToken);
        return new(result.ExitCode, Encoding.UTF8.GetString(result.Stdout), Encoding.UTF8.GetString(result.Stderr));
    }

    /// <summary>Runs it and expects success.</summary>
    public static async Task<string> MustAsync(string folder, string program, params string[] arguments)
    {
        var output = await RunAsync(folder, program, arguments);
        Assert.True(
            output.ExitCode == 0,
            $"{program} {string.Join(' ', arguments)}: exit code {output.ExitCode}\n{output.Out}{output.Error}");
        return output.Out;
    }
}

/// <summary>How a program ended and what it said.</summary>
sealed record ShellOutput(int ExitCode, string Out, string Error);
