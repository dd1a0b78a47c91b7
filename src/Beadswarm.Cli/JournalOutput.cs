using Beadswarm.Cli.Rendering;
using Beadswarm.Control;
using Beadswarm.Journal;

namespace Beadswarm.Cli;

/// <summary>
/// Prints a journal as it grows: lines for people, or one JSON object per line with nothing left out.
/// </summary>
sealed class JournalOutput(VerbCall call)
{
    readonly JournalLines _lines = new(call.Host.Zone);

    /// <summary>How the swarm ended, once that has been printed.</summary>
    public JournalEvent.SwarmEnded? End { get; private set; }

    public async Task PrintAsync(IAsyncEnumerable<JournalEntry> entries)
    {
        await foreach (var entry in entries)
        {
            Print(entry);
        }

        PrintRest();
    }

    public void Print(JournalEntry entry)
    {
        End = entry.Event as JournalEvent.SwarmEnded ?? End;
        if (call.Json)
        {
            call.PrintLine(JournalJson.Format(entry));
            return;
        }

        foreach (var line in _lines.Next(entry))
        {
            call.PrintLine(line);
        }
    }

    /// <summary>Says what was only counted: nothing follows.</summary>
    public void PrintRest()
    {
        foreach (var line in _lines.Rest())
        {
            call.PrintLine(line);
        }
    }
}
