using System.Globalization;
using Beadswarm.Beads;

namespace Beadswarm.Cli.Demo;

/// <summary>What happens to a bead of the demo on its way.</summary>
enum DemoFate
{
    /// <summary>Right at the first attempt.</summary>
    Smooth,

    /// <summary>The first attempt is wrong and the gate says so.</summary>
    GateFails,

    /// <summary>The first attempt leaves out the line that says what the function does; qa-enforcer sees it.</summary>
    QaRejects,

    /// <summary>The first attempt has no check for empty input; red-queen sees it.</summary>
    RedQueenRejects,

    /// <summary>Edits the line that another bead edits too: the later one conflicts when it lands.</summary>
    SameLine,

    /// <summary>Its two checks contradict each other, so that no attempt passes.</summary>
    Impossible,
}

/// <summary>One bead of the demo.</summary>
/// <param name="Feature">The name under which the library lists it once it is there.</param>
/// <param name="Function">Null for the beads that edit the same line.</param>
sealed record DemoBead(
    BeadId Id, string Feature, string Title, int Priority, IReadOnlyList<BeadId> BlockedBy, BeadId? Parent,
    DemoFate Fate, DemoFunction? Function);

/// <summary>The backlog of the demo: the same for the same number of beads and the same seed.</summary>
sealed record DemoBacklog(BeadId Epic, IReadOnlyList<DemoBead> Beads)
{
    public const int BeadsMin = 4;
    public const int BeadsMax = 1000;

    /// <summary>One of so many functions goes wrong in each way that a function can go wrong.</summary>
    const int TroubledOneOf = 8;

    /// <summary>What no attempt can do, because the checks ask for both.</summary>
    public static readonly DemoFunction RoundHalf = new(
        "round_half", "numbers without fraction, halves both up and down", "awk '{ print int($1 + 0.5) }'",
        "awk '{ print int($1) }'", [new(@"2.5\n", @"3\n"), new(@"2.5\n", @"2\n")]);

    /// <summary>The two that edit line 3 of the README, and what each appends to it.</summary>
    public static readonly IReadOnlyList<(string Feature, string Title, string Sentence)> SameLine =
    [
        ("readme_input", "Say in the README where input comes from", "They read standard input."),
        ("readme_output", "Say in the README where output goes", "They write standard output."),
    ];

    public int LandingExpected => Beads.Count(bead => bead.Fate != DemoFate.Impossible);

    public static DemoBacklog Create(int beads, int seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(beads, BeadsMin);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(beads, BeadsMax);
        var random = new Random(seed);
        var epic = BeadId.Parse("demo-1");
        var functions = DemoFunctions.Take(beads - SameLine.Count - 1).ToArray();
        var fates = Fates(functions.Length, random);
        var ids = functions.Select((function, i) => (function.Name, Id: Child(epic, i + 1)))
            .ToDictionary(pair => pair.Name, pair => pair.Id);

        var list = functions.Select((function, i) => new DemoBead(
            ids[function.Name], function.Name, $"Add {function.Name}: {function.Does}", Priority(random),
            [.. function.Uses.Select(name => ids[name])], epic, fates[i], function)).ToList();

        // First in the queue, so that two agents have them at the same time.
        list.AddRange(SameLine.Select((doc, i) => new DemoBead(
            BeadId.Parse($"demo-{i + 2}"), doc.Feature, doc.Title, 0, [], null, DemoFate.SameLine, null)));
        list.Add(new DemoBead(
            BeadId.Parse($"demo-{SameLine.Count + 2}"), RoundHalf.Name, $"Add {RoundHalf.Name}: {RoundHalf.Does}", 1,
            [], null, DemoFate.Impossible, RoundHalf));
        return new DemoBacklog(epic, list);
    }

    static DemoFate[] Fates(int count, Random random)
    {
        var fates = new DemoFate[count];
        var troubled = (count + TroubledOneOf - 1) / TroubledOneOf;
        DemoFate[] troubles =
            [.. new[] { DemoFate.GateFails, DemoFate.QaRejects, DemoFate.RedQueenRejects }
                .SelectMany(fate => Enumerable.Repeat(fate, troubled)).Take(count)];
        var places = Enumerable.Range(0, count).ToArray();
        random.Shuffle(places);
        foreach (var (place, fate) in places.Zip(troubles))
        {
            fates[place] = fate;
        }

        return fates;
    }

    static int Priority(Random random) => 1 + random.Next(3);

    static BeadId Child(BeadId epic, int number) =>
        BeadId.Parse($"{epic}.{number.ToString(CultureInfo.InvariantCulture)}");
}
