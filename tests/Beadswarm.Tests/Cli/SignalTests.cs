using Beadswarm.Cli;

namespace Beadswarm.Tests.Cli;

/// <summary>What signals do to a run, in every order.</summary>
public sealed class SignalTests
{
    [Fact]
    public void Signals_drain_then_terminate_then_exit() => Check("III I", "Drain Terminate Exit Exit");

    [Fact]
    public void A_termination_does_not_wait_for_the_stages_in_hand() => Check("TT", "Terminate Exit");

    [Fact]
    public void An_interrupt_then_a_termination_end_the_agents_and_then_the_program() =>
        Check("ITI", "Drain Terminate Exit");

    [Fact]
    public void A_closed_terminal_drains_and_never_does_more() => Check("HHH", "Drain - -");

    [Fact]
    public void A_closed_terminal_takes_nothing_back() => Check("IHTHI", "Drain - Terminate - Exit");

    static void Check(string signals, string expected)
    {
        SignalStep? done = null;
        var steps = new List<string>();
        foreach (var signal in signals.Where(c => c != ' '))
        {
            var step = SignalRules.Next(done, signal switch
            {
                'I' => StopSignal.Interrupt,
                'T' => StopSignal.Terminate,
                _ => StopSignal.HangUp,
            });
            steps.Add(step?.ToString() ?? "-");
            done = step ?? done;
        }

        Assert.Equal(expected, string.Join(' ', steps));
    }
}
