using System.Text;
using System.Text.Json;
using Beadswarm.Beads;
using Beadswarm.Cli.Rendering;
using Beadswarm.Control;
using Beadswarm.Journal;
using Beadswarm.Tests.Support;

namespace Beadswarm.Tests.Journal;

/// <summary>Rows of the journal that another version wrote, or a disk spoilt.</summary>
public sealed class StoredEventFuzzTests
{
    static readonly byte[][] Corpus = FuzzInputs.Of(
    [
        .. JournalReferenceTests.Examples().Select(StoredEvent.Write),
        """{"type":"bead.invented","reason":"x"}""", """{"reason":"x","type":"bead.blocked"}""",
        """{"type":"bead.blocked"}""",
        "{}", "null", "",
    ]);

    [Fact]
    public Task Any_row_is_an_event_that_reads_back_and_can_be_folded_or_is_refused() =>
        new Fuzz<JournalEvent>(
            Corpus, "\"type\":\"bead.landed\"", "\"type\":", "\"next\":\"free\"", "\"next\":\"keep\"", "\"stage\":null",
            "\"stage\":")
        {
            Read = input => StoredEvent.Read(Encoding.UTF8.GetString(input.Bytes)),
            Thrown = error => error is JsonException ? error.Message : null,
            Holds = (_, read) =>
            {
                Assert.Equal(read, StoredEvent.Read(StoredEvent.Write(read)));
                var entry = Entry(2, read);
                var folded = JournalFold.Fold([Entry(1, new JournalEvent.BeadAdded("t", 1, true, "a")), entry]);
                Assert.NotNull(folded[Bead].Stage.Value);
                Assert.NotEmpty(JournalJson.Format(entry));
                Assert.DoesNotContain('\n', JournalText.Format(entry, TimeZoneInfo.Utc) ?? "");
            },
            Count = 4000,
        }.RunAsync();

    [Theory]
    [InlineData("""{"type":"bead.blocked"}""")]
    [InlineData("""{"type":"bead.blocked","reason":null}""")]
    [InlineData("""{"type":"bead.landed","landing":1,"commit":"c"}""")]
    [InlineData("""{"reason":"x"}""")]
    [InlineData("{}")]
    public void A_row_without_its_type_or_a_field_that_may_not_be_missing_is_refused(string json) =>
        Assert.Throws<JsonException>(() => StoredEvent.Read(json));

    static readonly BeadId Bead = BeadId.Parse("ts-1");

    static JournalEntry Entry(long sequence, JournalEvent what) =>
        new(sequence, DateTimeOffset.UnixEpoch, 1, Bead, new(1), what);
}
