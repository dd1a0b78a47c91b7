using System.Text;
using Beadswarm.Landing;
using Beadswarm.Pipelines;

namespace Beadswarm.Swarms;

/// <summary>What an agent is told of the conflicts that await its bead's work.</summary>
/// <param name="Paragraph">For the end of the prompt.</param>
/// <param name="Document">Both sides of each place.</param>
sealed record ForeseenWarning(string Paragraph, string Document)
{
    public const string Name = "foreseen.md";

    /// <summary>Conflicts that are told in full; of more, an agent could not make anything.</summary>
    const int ConflictsMax = 8;

    /// <summary>Null when there is nothing to warn of.</summary>
    public static ForeseenWarning? Of(IReadOnlyList<ForeseenConflict> conflicts)
    {
        if (conflicts.Count == 0)
        {
            return null;
        }

        var told = conflicts.Take(ConflictsMax).ToArray();
        var lines = told.Select(conflict => $"- {Other(conflict)}: {Markdown.Inline(conflict.Where)}");
        var paragraph =
            $"""
            ## Conflicts ahead

            As it is, the work on this branch will conflict with other changes when it lands, and would come back:

            {string.Join('\n', lines)}

            Where your stage changes these places anyway, change them so that both can stand: what is on the target
            already can be merged into your branch; of a bead that has not landed, keep clear. Both sides are in
            `$BEADSWARM_CONTEXT/{Name}`. It is no reason by itself to fail a review.
            """;
        var document = new StringBuilder("# Conflicts ahead\n");
        foreach (var conflict in told)
        {
            document.Append($"\n## With {Other(conflict)}\n");
            foreach (var file in conflict.Files)
            {
                var sides = conflict is { Landed: false, Other: { } other }
                    ? file.Excerpt.Replace("<<<<<<< target\n", $"<<<<<<< {other}\n", StringComparison.Ordinal)
                    : file.Excerpt;
                document.Append(
                    $"\n### {Markdown.Inline(file.Path)}\n\n{file.Kind}\n\n{Markdown.Fence(sides, "text")}\n");
            }
        }

        return new ForeseenWarning(paragraph, document.ToString());
    }

    static string Other(ForeseenConflict conflict) => conflict switch
    {
        { Landed: true, Other: { } bead } => $"{bead}, which has landed as {conflict.OtherHead}",
        { Landed: true } => $"{conflict.OtherHead} on the target",
        _ => $"{conflict.Other}, which has not landed (its work is {conflict.OtherHead})",
    };
}
