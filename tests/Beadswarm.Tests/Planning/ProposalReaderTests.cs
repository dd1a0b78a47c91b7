using System.Text;
using System.Text.Json;
using Beadswarm.Planning;
using Beadswarm.Tests.Support;

namespace Beadswarm.Tests.Planning;

public sealed class ProposalReaderTests
{
    internal const string Good =
        """
        {"summary": "Two parts.", "assumptions": ["euros only"], "beads": [
          {"key": "parse", "title": "Parse amounts", "type": "feature", "priority": 1, "description": "d",
           "contract": "Amount.Parse(text)", "acceptance": "a", "estimateMinutes": 30, "dependsOn": []},
          {"key": "show", "title": "Show amounts", "type": "task", "priority": 2, "description": "d",
           "contract": "c", "acceptance": "a", "dependsOn": ["parse"]}]}
        """;

    [Fact]
    public void A_proposal_is_read()
    {
        var proposal = Assert.IsType<ProposalReading.Usable>(ProposalReader.Read(Good)).Proposal;

        Assert.Equal(("Two parts.", "euros only"), (proposal.Summary, Assert.Single(proposal.Assumptions)));
        Assert.Equal(["parse feature 1 30 ", "show task 2  parse"], proposal.Beads.Select(bead =>
            $"{bead.Key} {bead.Type} {bead.Priority} {bead.EstimateMinutes} {string.Join(' ', bead.DependsOn)}"));
    }

    [Theory]
    [InlineData("", "it is not one JSON object: ")]
    [InlineData("{}{}", "it is not one JSON object: ")]
    [InlineData("[]", "the proposal: a JSON array, expected an object")]
    [InlineData("{\"summary\":\"a\",\"summary\":\"b\"}", "it is not one JSON object: ")]
    [InlineData(
        "{}", "the proposal.beads: it is missing, expected a list",
        "the proposal.summary: it is missing, expected a text",
        "the proposal.assumptions: it is missing, expected a list")]
    [InlineData(
        "{\"summary\":\"a\",\"assumptions\":[],\"beads\":[]}", "the proposal.beads: 0 entries, expected 1 to 50")]
    public void What_is_no_proposal_is_refused_with_every_problem(string json, params string[] expected) =>
        Check(json, expected);

    [Theory]
    [InlineData("\"type\": \"feature\"", "\"type\": \"epic\"",
        "beads[0].type: 'epic' is not one of task, feature, bug, chore")]
    [InlineData("\"priority\": 1", "\"priority\": 9",
        "beads[0].priority: a JSON number, expected a whole number from 0 to 4")]
    [InlineData("\"priority\": 1", "\"priority\": \"1\"",
        "beads[0].priority: a JSON string, expected a whole number from 0")]
    [InlineData("\"key\": \"show\"", "\"key\": \"parse\"", "key 'parse' is used 2 times; each bead needs its own")]
    [InlineData("\"key\": \"show\"", "\"key\": \"Show it\"", "beads[1].key: 'Show it' is not lower case letters")]
    [InlineData("\"Show amounts\"", "\" \"", "beads[1].title: it is empty")]
    [InlineData("\"Show amounts\"", "\"a\\nb\"", "beads[1].title: it is more than one line")]
    [InlineData("\"dependsOn\": []", "\"depends\": []",
        "beads[0]: unknown field 'depends'; did you mean 'dependsOn'?",
        "beads[0].dependsOn: it is missing, expected a list")]
    [InlineData("\"estimateMinutes\": 30", "\"estimateMinutes\": 1000",
        "beads[0].estimateMinutes: a JSON number, expected a whole number from 1 to 480")]
    [InlineData("[\"parse\"]", "[7]", "beads[1].dependsOn: expected texts that are not empty")]
    public void Every_mistake_is_told_with_its_place(string part, string replacement, params string[] expected) =>
        Check(Good.Replace(part, replacement, StringComparison.Ordinal), expected);

    [Fact]
    public void Too_many_beads_and_too_long_texts_are_refused()
    {
        var bead = "{\"key\":\"k\",\"title\":\"" + new string('t', 201) + "\",\"type\":\"task\",\"priority\":1,"
            + "\"description\":\"d\",\"contract\":\"c\",\"acceptance\":\"a\",\"dependsOn\":[]}";

        Check(
            "{\"summary\":\"s\",\"assumptions\":[],\"beads\":[" + string.Join(',', Enumerable.Repeat(bead, 51)) + "]}",
            "the proposal.beads: 51 entries, expected 1 to 50", "beads[0].title: 201 characters, the limit is 200");
    }

    [Fact]
    public void Schema_names_the_fields_that_are_read()
    {
        using var schema = JsonDocument.Parse(ProposalReader.Schema);
        var root = schema.RootElement.GetProperty("properties");
        using var good = JsonDocument.Parse(Good);

        Assert.Equal(Names(good.RootElement), Names(root));
        Assert.Equal(
            Names(good.RootElement.GetProperty("beads")[0]),
            Names(root.GetProperty("beads").GetProperty("items").GetProperty("properties")));

        static IEnumerable<string> Names(JsonElement element) =>
            element.EnumerateObject().Select(field => field.Name).Order(StringComparer.Ordinal);
    }

    [Fact]
    public Task Whatever_a_planner_writes_it_is_read_or_refused() =>
        new Fuzz<ProposalReading>(
            [Encoding.UTF8.GetBytes(Good)], "\"beads\":", "{", "[", "\"key\":\"a\"", "\"dependsOn\":[\"a\"]", "\\ud800",
            "null", "1e999")
        {
            Read = input => ProposalReader.Read(input.Text),
            Refused = reading => reading is ProposalReading.Unusable unusable ? unusable.Problems[0] : null,
            Holds = (_, reading) => Assert.True(
                reading is not ProposalReading.Unusable { Problems: var problems }
                || problems.Count is > 0 and <= ProposalReader.ProblemsMax),
            Count = 500,
            AllocatedPerByteMax = 256,
        }.RunAsync();

    static void Check(string json, params string[] expected)
    {
        var problems = Assert.IsType<ProposalReading.Unusable>(ProposalReader.Read(json)).Problems;

        Assert.All(expected, problem => Assert.Contains(
            problems, found => found.StartsWith(problem, StringComparison.Ordinal)));
    }
}
