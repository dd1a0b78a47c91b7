using System.Runtime.InteropServices;

namespace Beadswarm.Cli;

/// <summary>What the next signal does to a run.</summary>
enum SignalStep
{
    /// <summary>Take no new work; stop at safe points.</summary>
    Drain,

    /// <summary>End the agents too; their work is kept.</summary>
    Terminate,

    /// <summary>Leave at once. The next run finds out what was left and goes on.</summary>
    Exit,
}

/// <summary>Decides what a signal means after those that came before.</summary>
static class SignalRules
{
    /// <param name="earlier">How many of SIGINT and SIGTERM came before this one.</param>
    public static SignalStep Next(int earlier) =>
        earlier switch
        {
            0 => SignalStep.Drain,
            1 => SignalStep.Terminate,
            _ => SignalStep.Exit,
        };
}

/// <summary>
/// Hands the signals that ask a process to stop to whoever must act on them, instead of ending the process.
/// </summary>
sealed class Signals : IDisposable
{
    readonly PosixSignalRegistration[] _registrations;
    int _earlier;

    /// <param name="stop">Called on every SIGINT and SIGTERM with what it means.</param>
    /// <param name="hangUp">Called on SIGHUP: the terminal is gone.</param>
    public Signals(Action<SignalStep, string> stop, Action hangUp) =>
        _registrations =
        [
            On(PosixSignal.SIGINT, () => stop(Next(), "Ctrl-C")),
            On(PosixSignal.SIGTERM, () => stop(Next(), "SIGTERM")),
            On(PosixSignal.SIGHUP, hangUp),
        ];

    public void Dispose()
    {
        foreach (var registration in _registrations)
        {
            registration.Dispose();
        }
    }

    SignalStep Next() => SignalRules.Next(Interlocked.Increment(ref _earlier) - 1);

    static PosixSignalRegistration On(PosixSignal signal, Action act) =>
        PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = true;
            act();
        });
}
