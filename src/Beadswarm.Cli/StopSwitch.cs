using Beadswarm.Swarms;

namespace Beadswarm.Cli;

/// <summary>
/// Takes the signals of a run from before it starts to after it ended: a signal that comes while it starts ends the
/// start, and none is lost in between.
/// </summary>
sealed class StopSwitch : IDisposable
{
    readonly Lock _lock = new();
    readonly CancellationTokenSource _starting;
    readonly Action<string> _tell;
    readonly bool _endures;
    SwarmRun? _run;
    SignalStep? _done;

    /// <param name="endures">A swarm without a terminal does not mind that one is closed.</param>
    /// <param name="tell">Says to a person that the signal was heard.</param>
    public StopSwitch(bool endures, Action<string> tell, CancellationToken cancellationToken)
    {
        _endures = endures;
        _tell = tell;
        _starting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
    }

    /// <summary>Cancelled by a signal that comes before there is a run.</summary>
    public CancellationToken Starting => _starting.Token;

    /// <summary>From here on signals act on the run.</summary>
    public void Connect(SwarmRun run)
    {
        lock (_lock)
        {
            _run = run;
            if (_starting.IsCancellationRequested)
            {
                _done = SignalStep.Terminate;
                run.Terminate("it was told to stop while it started");
            }
        }
    }

    public void Receive(StopSignal signal)
    {
        if (_endures && signal == StopSignal.HangUp)
        {
            return;
        }

        lock (_lock)
        {
            if (_run is null)
            {
                _starting.Cancel();
            }
            else if (SignalRules.Next(_done, signal) is { } step)
            {
                _done = step;
                Act(_run, step, signal);
            }
        }
    }

    public void Dispose() => _starting.Dispose();

    void Act(SwarmRun run, SignalStep step, StopSignal signal)
    {
        switch (step)
        {
            case SignalStep.Drain:
                run.Drain(Reason(signal));
                _tell("draining: what runs goes on to a safe point; once more ends the agents");
                break;
            case SignalStep.Terminate:
                run.Terminate(Reason(signal));
                _tell("terminating the agents, keeping their work; once more exits at once");
                break;
            case SignalStep.Exit:
                Environment.Exit(ExitCodes.Terminated);
                break;
        }
    }

    static string Reason(StopSignal signal) => signal switch
    {
        StopSignal.Interrupt => "Ctrl-C was pressed or sent",
        StopSignal.Terminate => "SIGTERM was sent",
        StopSignal.HangUp => "the terminal was closed",
    };
}
