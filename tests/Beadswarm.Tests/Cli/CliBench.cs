using System.Diagnostics;
using System.Text;
using Beadswarm.Cli;
using Beadswarm.Control;
using Beadswarm.Tests.Support;

namespace Beadswarm.Tests.Cli;

/// <summary>
/// A repository of its own, a swarm at a standstill behind a real socket, and the program run in this process.
/// </summary>
sealed class CliBench : IAsyncDisposable
{
    readonly TemporaryFolder _folder = new();
    ControlServer? _server;

    public CliBench(bool repository = true)
    {
        if (repository)
        {
            Directory.CreateDirectory(_folder[".git"]);
        }
    }

    public string Path => _folder.Path;

    public FixedReader Swarm { get; private set; } = new();

    public FixedCommands Commands { get; } = new();

    public Dictionary<string, string> Environment { get; } = new() { ["TERM"] = "dumb", ["NO_COLOR"] = "1" };

    public int Width { get; set; } = 100;

    public string this[string relative] => _folder[relative];

    /// <summary>From here on a swarm answers.</summary>
    public CliBench Running(FixedReader swarm)
    {
        Swarm = swarm;
        _server = new ControlServer(ControlSocket.PathOf(Path), swarm, Commands.Commands, TimeProvider.System);
        return this;
    }

    public async Task StopAsync()
    {
        await _server!.DisposeAsync();
        _server = null;
    }

    /// <summary>Exit code, standard output and standard error together, as snapshots keep them.</summary>
    public async Task<string> RunAsync(params string[] args)
    {
        var (exitCode, output, error) = await InvokeAsync(args);
        var text = new StringBuilder($"$ beadswarm {string.Join(' ', args)}\n");
        Append(text, "", output);
        Append(text, "stderr: ", error);
        return text.Append("exit ").Append(exitCode).Append('\n').ToString();
    }

    public async Task<(int ExitCode, string Output, string Error)> InvokeAsync(params string[] args)
    {
        var host = Host(new StringWriter(), new StringWriter());
        var exitCode = await CommandTree.InvokeAsync(args, host);
        return (exitCode, Redact(host.Out.ToString()!), Redact(host.Error.ToString()!));
    }

    /// <summary>Runs git in the repository, as its user would.</summary>
    public async Task GitAsync(params string[] args)
    {
        using var git = Process.Start(new ProcessStartInfo("git", ["-C", Path, .. args]))!;
        await git.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, git.ExitCode);
    }

    public CliHost Host(TextWriter output, TextWriter error) =>
        new()
        {
            Out = output,
            Error = error,
            In = TextReader.Null,
            Environment = Environment,
            WorkingFolder = Path,
            Time = new StillTime(FixedReader.Start.AddMinutes(20)),
            Interactive = false,
            CanAsk = false,
            Width = Width,
        };

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        _folder.Dispose();
    }

    string Redact(string text) => text.Replace(Path, "REPO", StringComparison.Ordinal);

    static void Append(StringBuilder text, string prefix, string lines)
    {
        foreach (var line in lines.TrimEnd('\n').Split('\n').Where(line => lines.Length > 0 || line.Length > 0))
        {
            text.Append(prefix).Append(line).Append('\n');
        }
    }

    /// <summary>A clock that always says the same; waiting for it to move takes real time.</summary>
    sealed class StillTime(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
