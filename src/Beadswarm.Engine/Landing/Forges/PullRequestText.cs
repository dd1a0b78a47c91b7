using System.Globalization;
using System.Text;
using Beadswarm.Beads;
using Beadswarm.Pipelines;

namespace Beadswarm.Landing.Forges;

/// <summary>A stage that a bead has passed, with its own words about it.</summary>
sealed record PassedStage(string Stage, string? Summary);

/// <summary>What a pull request says to people. Nothing of it is ever read back.</summary>
static class PullRequestText
{
    /// <summary>GitHub takes no more than 65,536.</summary>
    const int BodyCharactersMax = 60_000;

    const int TitleCharactersMax = 250;
    const string Promise =
        "It is merged by the swarm when the checks and the review policy allow it; a review that asks for changes "
        + "sends it back to an agent.";
    const string Cut = "\n\n[cut]\n";

    public static string Title(LandingEntry entry)
    {
        var title = new LandingMessage($"{entry.Bead}: {entry.Title}", "", []).Title;
        return title.Length <= TitleCharactersMax ? title : title[..TitleCharactersMax];
    }

    /// <param name="bead">As the tracker has it; null when it is gone from there.</param>
    /// <param name="passed">The stages of this attempt.</param>
    public static string Body(LandingEntry entry, Bead? bead, IReadOnlyList<PassedStage> passed)
    {
        var text = new StringBuilder();
        Section(text, null, bead?.Description);
        Section(text, "Design", bead?.Design);
        Section(text, "Acceptance criteria", bead?.AcceptanceCriteria);
        if (passed.Count > 0)
        {
            text.Append("## Passed stages\n\n");
            Stages(text, passed);
            text.Append('\n');
        }

        var foot = string.Create(
            CultureInfo.InvariantCulture,
            $"Bead `{entry.Bead}`, attempt {entry.Attempt}, agent {entry.Agent}. {Promise}\n");
        var room = BodyCharactersMax - foot.Length;
        return Within(room, text) + foot;
    }

    /// <summary>What whoever asked for changes hears: that there is a new attempt, and what its stages say.</summary>
    /// <param name="passed">The stages of this attempt.</param>
    public static string Answer(LandingEntry entry, string head, IReadOnlyList<PassedStage> passed)
    {
        var text = new StringBuilder();
        text.Append(
            CultureInfo.InvariantCulture,
            $"Attempt {entry.Attempt}, by agent {entry.Agent}, was given what was said here. It is at {head}.\n\n");
        Stages(text, passed);
        return Within(BodyCharactersMax, text);
    }

    static string Within(int room, StringBuilder text) =>
        text.Length <= room ? text.ToString() : text.ToString(0, room - Cut.Length) + Cut;

    static void Stages(StringBuilder text, IReadOnlyList<PassedStage> passed)
    {
        foreach (var stage in passed)
        {
            text.Append(CultureInfo.InvariantCulture, $"- **{stage.Stage}**");
            var said = stage.Summary is { Length: > 0 } summary ? $": {PipelineRules.OneLine(summary)}" : "";
            text.Append(said).Append('\n');
        }
    }

    static void Section(StringBuilder text, string? title, string? content)
    {
        if (!string.IsNullOrWhiteSpace(content))
        {
            var heading = title is null ? "" : $"## {title}\n\n";
            text.Append(heading).Append(content.Trim()).Append("\n\n");
        }
    }
}
