using System.Globalization;
using Beadswarm.Beads;

namespace Beadswarm.Planning;

/// <summary>
/// What a proposal must be beside well formed, and the beads it becomes. They are children of the bead that was
/// planned, labelled, and in a status that no tracker lists as ready, until a person accepts them.
/// </summary>
static class ProposalRules
{
    public const string Label = "proposed";

    /// <summary>bd nests no deeper.</summary>
    const int DepthMax = 3;

    /// <summary>Known to every tracker, and ready in none unless it is configured to be.</summary>
    static readonly string[] Waiting = [BeadStatus.Deferred, BeadStatus.Blocked];

    /// <summary>The status of what is only proposed; null where the tracker lists all of them as ready.</summary>
    public static string? StatusOf(IReadOnlyCollection<string> listed) =>
        Waiting.FirstOrDefault(status => !listed.Contains(status));

    /// <summary>Why a bead cannot be planned; null: it can.</summary>
    public static string? Refusal(Bead planned) =>
        !planned.Unfinished ? $"{planned.Id} is {planned.Status}"
        : planned.Id.Value.Count(c => c == '.') >= DepthMax
            ? $"{planned.Id} is nested {DepthMax} levels deep already, and trackers nest no deeper"
        : null;

    /// <summary>The proposals of a bead that nobody has decided about.</summary>
    public static IReadOnlyList<Bead> Undecided(BeadGraph graph, BeadId planned) =>
    [
        .. graph.Children(planned).Where(child => child.Unfinished && child.Labels.Contains(Label))
            .OrderBy(child => NumberOf(child.Id)).ThenBy(child => child.Id),
    ];

    /// <summary>Everything that is wrong with it in this backlog; none: it may be written.</summary>
    public static IReadOnlyList<string> Problems(Proposal proposal, Bead planned, BeadGraph graph)
    {
        var problems = new List<string>();
        var keys = proposal.Beads.Select(bead => bead.Key).ToHashSet(StringComparer.Ordinal);
        var titles = graph.Beads.Where(bead => bead.Unfinished).GroupBy(bead => Title(bead.Title))
            .ToDictionary(group => group.Key, group => group.First().Id.Value, StringComparer.Ordinal);
        foreach (var bead in proposal.Beads)
        {
            if (!titles.TryAdd(Title(bead.Title), $"'{bead.Key}'"))
            {
                problems.Add($"'{bead.Key}' has the title of {titles[Title(bead.Title)]}: '{bead.Title}'");
            }

            problems.AddRange(bead.DependsOn.Where(name => !keys.Contains(name))
                .Select(name => ReferenceProblem(bead, name, planned, graph)).OfType<string>());
        }

        return problems.Count > 0 ? problems : [.. Cycles(proposal, planned, graph)];
    }

    /// <summary>The beads as they are written.</summary>
    public static IReadOnlyList<Bead> Beads(
        Proposal proposal, Bead planned, BeadGraph graph, string status, string actor, DateTimeOffset now)
    {
        var ids = Ids(proposal, planned.Id, graph);
        return
        [
            .. proposal.Beads.Select(bead => new Bead
            {
                Id = ids[bead.Key],
                Title = bead.Title,
                Description = bead.Description,
                Design = bead.Contract,
                AcceptanceCriteria = bead.Acceptance,
                Status = status,
                Priority = bead.Priority,
                Type = bead.Type,
                EstimatedMinutes = bead.EstimateMinutes,
                CreatedAt = now,
                CreatedBy = actor,
                UpdatedAt = now,
                Labels = [Label],
                Dependencies =
                [
                    Edge(planned.Id.Value, "parent-child"),
                    .. bead.DependsOn.Select(name => ids.TryGetValue(name, out var id) ? id.Value : name).Distinct()
                        .Select(target => Edge(target, "blocks")),
                ],
            }),
        ];
    }

    static BeadDependency Edge(string target, string type) => new(target, type, "{}");

    static string? ReferenceProblem(ProposedBead bead, string name, Bead planned, BeadGraph graph)
    {
        if (!BeadId.TryParse(name, out var id) || graph.Find(id) is not { Deleted: false })
        {
            return $"'{bead.Key}' depends on '{Excerpt.Of(name)}', which is neither a key nor a bead";
        }

        // A parent is done when its children are.
        return id == planned.Id || graph.Descendants(id).Contains(planned.Id)
            ? $"'{bead.Key}' depends on {id}, which waits for it"
            : null;
    }

    /// <summary>
    /// What would never become ready: a cycle among the new beads, through what blocks the bead that is planned, since
    /// they inherit that, or through a bead that waits for it, since it is done when they are.
    /// </summary>
    static IEnumerable<string> Cycles(Proposal proposal, Bead planned, BeadGraph graph)
    {
        var ids = Ids(proposal, planned.Id, graph);
        var names = ids.ToDictionary(pair => pair.Value, pair => $"'{pair.Key}'");
        var beads = Beads(proposal, planned, graph, BeadStatus.Open, "", default);
        var waiting = planned with
        {
            Dependencies =
                [.. planned.Dependencies, .. ids.Values.Select(id => new BeadDependency(id.Value, "blocks", null))],
        };
        var below = graph.Beads.Concat(beads);
        var above = graph.Beads.Select(bead => bead.Id == planned.Id ? waiting : bead).Concat(beads)
            .Select(bead => bead with
            {
                Dependencies = [.. bead.Dependencies.Where(edge => edge.Type != "parent-child")],
            });
        return BeadCycles.Find(new BeadGraph([.. below])).Concat(BeadCycles.Find(new BeadGraph([.. above])))
            .Where(cycle => cycle.Any(names.ContainsKey))
            .Select(cycle => "these wait for each other: "
                + string.Join(" → ", cycle.Append(cycle[0]).Select(id => names.GetValueOrDefault(id) ?? id.Value)))
            .Distinct();
    }

    /// <summary>Children are numbered on from the last one there ever was.</summary>
    static Dictionary<string, BeadId> Ids(Proposal proposal, BeadId planned, BeadGraph graph)
    {
        var last = graph.Beads.Where(bead => bead.Id.Parent == planned).Select(bead => NumberOf(bead.Id))
            .DefaultIfEmpty(0).Max();
        return proposal.Beads.Select((bead, i) => (bead.Key, Number: last + i + 1)).ToDictionary(
            pair => pair.Key,
            pair => BeadId.Parse(string.Create(CultureInfo.InvariantCulture, $"{planned}.{pair.Number}")),
            StringComparer.Ordinal);
    }

    static int NumberOf(BeadId id) =>
        int.TryParse(id.Value.AsSpan(id.Value.LastIndexOf('.') + 1), CultureInfo.InvariantCulture, out var number)
            ? number
            : 0;

    static string Title(string title) =>
        string.Join(' ', title.Split(' ', StringSplitOptions.RemoveEmptyEntries)).ToUpperInvariant();
}
