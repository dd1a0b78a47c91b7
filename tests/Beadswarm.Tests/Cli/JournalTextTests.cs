using System.Reflection;
using System.Text;
using Beadswarm.Beads;
using Beadswarm.Cli.Rendering;
using Beadswarm.Control;
using Beadswarm.Journal;
using Beadswarm.Tests.Support;

namespace Beadswarm.Tests.Cli;

public sealed class JournalTextTests
{
    [Fact]
    public void Every_event_has_its_line_for_people_and_its_object_for_programs()
    {
        var text = new StringBuilder();
        foreach (var (entry, i) in Every().Select((entry, i) => (entry, i)))
        {
            var at = FixedReader.Start.AddSeconds(i);
            var line = new JournalEntry(i + 1, at, 1, BeadId.Parse("demo-1"), new(7), entry);
            text.Append(entry.GetType().Name).Append('\n')
                .Append("  ").Append(JournalText.Format(line, TimeZoneInfo.Utc) ?? "(only for programs)").Append('\n')
                .Append("  ").Append(JournalJson.Format(line)).Append('\n');
        }

        Snapshot.Match(text.ToString());
    }

    [Fact]
    public void What_an_agent_wrote_cannot_break_the_line()
    {
        var entry = new JournalEntry(
            1, FixedReader.Start, 1, BeadId.Parse("demo-1"), new(7), new JournalEvent.BeadBlocked("a\nb\u001b[2Jc"));

        Assert.Equal("20:00:00 agent 7 demo-1 BLOCKED: a bc", JournalText.Format(entry, TimeZoneInfo.Utc));
    }

    /// <summary>
    /// One of every case, each field filled with its own name, or with a number that is easy to recognise.
    /// </summary>
    static IEnumerable<JournalEvent> Every() =>
        typeof(JournalEvent).GetNestedTypes(BindingFlags.Public | BindingFlags.NonPublic)
            .Where(type => type.IsSubclassOf(typeof(JournalEvent)))
            .Select(type => type.GetConstructors()[0])
            .Select(constructor => (JournalEvent)constructor.Invoke(
            [
                .. constructor.GetParameters().Select(parameter => Sample(parameter.ParameterType, parameter.Name!)),
            ]));

    static object? Sample(Type type, string name) =>
        type == typeof(string) ? (name == "status" ? "Parked" : name.ToLowerInvariant())
        : type == typeof(bool) ? true
        : type == typeof(DateTimeOffset) || type == typeof(DateTimeOffset?) ? FixedReader.Start.AddMinutes(5)
        : type == typeof(long) ? 61_000L
        : type == typeof(int) || type == typeof(int?) ? 3
        : null;
}
