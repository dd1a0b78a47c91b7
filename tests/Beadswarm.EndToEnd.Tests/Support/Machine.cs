using System.Diagnostics;
using System.Text;
using Beadswarm.Processes;

namespace Beadswarm.EndToEnd.Tests.Support;

/// <summary>How a program ended and what it said.</summary>
sealed record Output(int ExitCode, string Out, string Error)
{
    public override string ToString() => $"exit code {ExitCode}\n{Out}{Error}";
}

/// <summary>Programs of the machine, started as if nobody had ever configured it.</summary>
static class Machine
{
    /// <summary>Far longer than anything takes on a machine that is busy with other work: what hangs fails.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    /// <summary>The built command line, beside the tests.</summary>
    public static string Beadswarm { get; } = Path.Combine(AppContext.BaseDirectory, "beadswarm");

    public static string ScriptedAgent { get; } = Path.Combine(AppContext.BaseDirectory, "beadswarm-scripted-agent");

    /// <summary>
    /// Set to 0, the runtime compiles nothing a second time: a swarm of a test ends before that pays, and spends a
    /// fifth of its processor time on it.
    /// </summary>
    public const string NoTierUp = "DOTNET_TC_CallCounting";

    public static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <param name="home">Stands for the user's home: nothing of the real one is seen.</param>
    public static Dictionary<string, string> Environment(string home)
    {
        var environment = new Dictionary<string, string>
        {
            ["PATH"] = System.Environment.GetEnvironmentVariable("PATH") ?? "/usr/local/bin:/usr/bin:/bin",
            ["HOME"] = home,
            ["LC_ALL"] = "C.UTF-8",
            ["GIT_CONFIG_GLOBAL"] = "/dev/null",
            ["GIT_CONFIG_NOSYSTEM"] = "1",
            ["GIT_TERMINAL_PROMPT"] = "0",
            [NoTierUp] = "0",
        };
        if (System.Environment.GetEnvironmentVariable("DOTNET_ROOT") is { Length: > 0 } root)
        {
            environment["DOTNET_ROOT"] = root;
        }

        return environment;
    }

    public static async Task<Output> RunAsync(
        string folder, IReadOnlyDictionary<string, string> environment, string program, params string[] arguments)
    {
        var result = await Command.RunAsync(
            new CommandSpec
            {
                FileName = program,
                Arguments = arguments,
                WorkingDirectory = folder,
                Environment = environment,
                Timeout = Patience,
            },
            Cancel);
        return new(result.ExitCode, Encoding.UTF8.GetString(result.Stdout), Encoding.UTF8.GetString(result.Stderr));
    }

    /// <summary>Signals the process that has this id now, if there is one.</summary>
    public static void Signal(int id, int signal)
    {
        if (ProcessTable.Find(id) is { } entry)
        {
            using var process = ProcessDescriptor.TryOpen(entry.Pid, entry.StartTicks);
            process?.Signal(signal);
        }
    }

    /// <summary>
    /// Runs a short program and blocks until it is done: arranging a repository is no place to interleave.
    /// </summary>
    public static Output Run(
        string folder, IReadOnlyDictionary<string, string> environment, string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Clear();
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        var errors = new StringBuilder();
        process.ErrorDataReceived += (_, line) => errors.AppendLine(line.Data);
        process.BeginErrorReadLine();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new Output(process.ExitCode, output, errors.ToString());
    }
}
