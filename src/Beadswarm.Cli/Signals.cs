using System.Runtime.InteropServices;

namespace Beadswarm.Cli;

/// <summary>A signal that asks a process to stop.</summary>
enum StopSignal
{
    /// <summary>Ctrl-C.</summary>
    Interrupt,

    /// <summary>What service managers and shutdowns send; not much later they kill.</summary>
    Terminate,

    /// <summary>The terminal is gone.</summary>
    HangUp,
}

/// <summary>What a signal does to a run.</summary>
enum SignalStep
{
    /// <summary>Take no new work; stop at safe points.</summary>
    Drain,

    /// <summary>End the agents too; their work is kept.</summary>
    Terminate,

    /// <summary>Leave at once. The next run finds out what was left and goes on.</summary>
    Exit,
}

/// <summary>Decides what a signal means after what was done for those before it.</summary>
static class SignalRules
{
    // | done before | Ctrl-C    | SIGTERM   | SIGHUP  |
    // |-------------|-----------|-----------|---------|
    // | nothing     | drain     | terminate | drain   |
    // | drain       | terminate | terminate | nothing |
    // | terminate   | exit      | exit      | nothing |
    //
    // Whoever sends SIGTERM does not wait for a stage of half an hour. A closed terminal sends SIGHUP once and means
    // least of all that work is to be thrown away; a swarm that is to survive it is one that 'start' began.
    public static SignalStep? Next(SignalStep? done, StopSignal signal) => signal switch
    {
        StopSignal.HangUp => done is null ? SignalStep.Drain : null,
        StopSignal.Terminate => done is null ? SignalStep.Terminate : After(done.Value),
        StopSignal.Interrupt => done is null ? SignalStep.Drain : After(done.Value),
    };

    static SignalStep After(SignalStep done) => done switch
    {
        SignalStep.Drain => SignalStep.Terminate,
        SignalStep.Terminate or SignalStep.Exit => SignalStep.Exit,
    };
}

/// <summary>
/// Hands the signals that ask a process to stop to whoever must act on them, instead of ending the process.
/// </summary>
sealed class Signals : IDisposable
{
    readonly PosixSignalRegistration[] _registrations;

    /// <param name="received">Called on a thread of its own for every signal.</param>
    public Signals(Action<StopSignal> received) =>
        _registrations =
        [
            On(PosixSignal.SIGINT, () => received(StopSignal.Interrupt)),
            On(PosixSignal.SIGTERM, () => received(StopSignal.Terminate)),
            On(PosixSignal.SIGHUP, () => received(StopSignal.HangUp)),
        ];

    public void Dispose()
    {
        foreach (var registration in _registrations)
        {
            registration.Dispose();
        }
    }

    static PosixSignalRegistration On(PosixSignal signal, Action act) =>
        PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = true;
            act();
        });
}
