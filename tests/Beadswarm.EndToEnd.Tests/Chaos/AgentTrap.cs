using Beadswarm.EndToEnd.Tests.Support;

namespace Beadswarm.EndToEnd.Tests.Chaos;

/// <summary>
/// A trap for the next agent of the scenario that begins a stage: it does there what the test says, and is held, or
/// not.
/// </summary>
sealed class AgentTrap : IDisposable
{
    /// <summary>Waits until it is let go.</summary>
    const string Wait =
        """
        echo $$ > "$R/.beadswarm/arrived"
        read -r go < "$R/.beadswarm/go"

        """;

    readonly GitRepository _repository;
    readonly Fifo _arrived;
    readonly Fifo _go;
    Task<string> _next;

    public AgentTrap(GitRepository repository)
    {
        _repository = repository;
        _arrived = new Fifo(repository[".beadswarm/arrived"]);
        _go = new Fifo(repository[".beadswarm/go"]);
        _next = _arrived.LineAsync();
    }

    /// <summary>The next agent that begins this stage runs these commands.</summary>
    public static void Lay(GitRepository repository, string stage, string commands)
    {
        // In one step: the next agent may be looking.
        var trap = repository[$".beadswarm/trap-{stage}"];
        File.WriteAllText(trap + ".new", commands);
        File.Move(trap + ".new", trap, overwrite: true);
    }

    /// <summary>The next agent that begins this stage says so and waits.</summary>
    public void Lay(string stage) => Lay(_repository, stage, Wait);

    /// <param name="run">When it ends without any agent having walked into it, none will.</param>
    public async Task CaughtAsync(RunningSwarm run)
    {
        var first = await Task.WhenAny(_next, run.EndAsync());
        Assert.True(first == _next, $"no agent was caught:\n{string.Join('\n', run.Lines.TakeLast(40))}");
        await _next;
        _next = _arrived.LineAsync();
    }

    public void Release() => _go.Write("go");

    public void Dispose()
    {
        // The reader still waits for a line; it must not outlive the pipe.
        _arrived.Write("over");
        _arrived.Dispose();
        _go.Dispose();
    }
}
