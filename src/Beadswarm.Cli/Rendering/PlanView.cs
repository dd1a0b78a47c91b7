using System.Text;
using Beadswarm.Beads;

namespace Beadswarm.Cli.Rendering;

/// <summary>Where proposed beads stand after a call.</summary>
/// <param name="Word">For programs.</param>
/// <param name="Sentence">
/// For people, with <c>{0}</c> for how many and <c>{1}</c> for the bead that was planned.
/// </param>
sealed record PlanState(string Word, string Sentence)
{
    public static readonly PlanState Kept = new(
        "kept", "{0} beads would be proposed; 'beadswarm plan {1}' writes them");

    public static readonly PlanState Written = new(
        "proposed",
        "{0} beads are proposed; nobody works on them before 'beadswarm plan accept {1}', and 'plan reject' closes "
        + "them");

    public static PlanState Decided(ProposalDecision decision) => decision switch
    {
        ProposalDecision.Accept => new("accepted", "{0} beads of {1} are accepted and open"),
        ProposalDecision.Reject => new("rejected", "{0} beads of {1} are rejected and closed"),
    };
}

/// <summary>Proposed beads, for people and for programs.</summary>
sealed record PlanView(BeadId Planned, IReadOnlyList<Bead> Beads, PlanState State)
{
    public string? Summary { get; init; }

    public IReadOnlyList<string> Assumptions { get; init; } = [];

    public string ToText(int width)
    {
        var text = new StringBuilder();
        if (Summary is not null)
        {
            text.Append(SafeText.Lines(Summary).TrimEnd()).Append("\n\n");
        }

        foreach (var assumption in Assumptions)
        {
            text.Append("assumed: ").Append(SafeText.Line(assumption)).Append('\n');
        }

        if (Beads.Count > 0)
        {
            text.Append(Assumptions.Count > 0 ? "\n" : "").Append(Table(width)).Append('\n');
        }

        return text.AppendFormat(
            System.Globalization.CultureInfo.InvariantCulture, State.Sentence, Beads.Count, Planned)
            .Append('\n').ToString();
    }

    string Table(int width)
    {
        var table = new TextTable(
            "bead", "type", "priority", "minutes", "waits for", new TextColumn("title", Flexible: true));
        foreach (var bead in Beads)
        {
            table.Add(
                bead.Id.Value, bead.Type, Number(bead.Priority),
                bead.EstimatedMinutes is { } minutes ? Number(minutes) : null, string.Join(' ', WaitsFor(bead)),
                bead.Title);
        }

        return table.Format(width);
    }

    static IEnumerable<string> WaitsFor(Bead bead) =>
        bead.Dependencies.Where(edge => edge.Type != "parent-child").Select(edge => edge.Target);

    static string Number(int number) => number.ToString(System.Globalization.CultureInfo.InvariantCulture);

    public string ToJson() => JsonLine.Object(json =>
    {
        json.WriteString("type", "proposal");
        json.WriteString("bead", Planned.Value);
        json.WriteString("state", State.Word);
        json.WriteString("summary", Summary);
        json.WriteStartArray("assumptions");
        foreach (var assumption in Assumptions)
        {
            json.WriteStringValue(assumption);
        }

        json.WriteEndArray();
        json.WriteStartArray("beads");
        foreach (var bead in Beads)
        {
            json.WriteStartObject();
            json.WriteString("id", bead.Id.Value);
            json.WriteString("title", bead.Title);
            json.WriteString("issueType", bead.Type);
            json.WriteNumber("priority", bead.Priority);
            json.WriteString("description", bead.Description);
            json.WriteString("contract", bead.Design);
            json.WriteString("acceptance", bead.AcceptanceCriteria);
            json.WriteStartArray("waitsFor");
            foreach (var target in WaitsFor(bead))
            {
                json.WriteStringValue(target);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }) + "\n";
}
