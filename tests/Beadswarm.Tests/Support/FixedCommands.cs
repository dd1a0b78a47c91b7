using System.Threading.Channels;
using Beadswarm.Control;
using Beadswarm.Journal;
using Beadswarm.Landing;
using Beadswarm.Landing.Queueing;

namespace Beadswarm.Tests.Support;

/// <summary>Remembers what a swarm was told over its control socket.</summary>
sealed class FixedCommands
{
    /// <summary>What was told, in order.</summary>
    public Channel<string> Told { get; } = Channel.CreateUnbounded<string>();

    /// <summary>What a follower is sent; completing it ends the journal.</summary>
    public Channel<JournalEntry> Journal { get; } = Channel.CreateUnbounded<JournalEntry>();

    /// <summary>What external agents are answered; null: it is not done yet.</summary>
    public Func<ExternalCall, string?> Answer { get; set; } = _ => null;

    /// <summary>What the lander saw last.</summary>
    public static LineReport Line { get; } = new(
        [
            new LinePosition(new LandingId(5), new LineState.Testing(FixedReader.Start.AddMinutes(18))),
            new LinePosition(new LandingId(6), new LineState.OnTrial(null, 1)),
        ],
        4, TimeSpan.FromMinutes(3), "a gate gave no verdict");

    public ControlCommands Commands => new(
        reason => Told.Writer.TryWrite($"drain: {reason}"),
        reason => Told.Writer.TryWrite($"terminate: {reason}"),
        (bead, _) =>
        {
            Told.Writer.TryWrite($"retry {bead}");
            return Task.FromResult(new CommandReply(true, "pending again"));
        },
        (bead, reason, _) =>
        {
            Told.Writer.TryWrite($"release {bead}: {reason}");
            return Task.FromResult(new CommandReply(false, "nobody holds it"));
        },
        (_, token) => Journal.Reader.ReadAllAsync(token))
    {
        Vitals = (_, _) => Task.FromResult(FixedReader.Vitals),
        Line = _ => Task.FromResult(Line),
        Queue = (request, _) =>
        {
            Told.Writer.TryWrite($"{request}");
            return Task.FromResult(new CommandReply(true, "done"));
        },
        External = (call, _) => Task.FromResult(Answer(call)),
    };
}
