using System.Globalization;
using System.Text;

namespace Beadswarm.Pipelines;

/// <summary>
/// What an agent that had to stop leaves for the one that goes on: why it stopped, what is done, and its last words.
/// What was asked, and what is open, stands in the prompt that this is added to.
/// </summary>
sealed record Handoff(int Continuation, int ContinuationsMax, string Reason, string Base, string Head)
{
    const int FilesMax = 100;
    const int WordsBytesMax = 4 * 1024;

    /// <summary>What became of which path: added, deleted or changed.</summary>
    public IReadOnlyList<(string What, string Path)> Changes { get; init; } = [];

    /// <summary>The last thing the agent said; its own word.</summary>
    public string? LastWords { get; init; }

    public string ToMarkdown()
    {
        var text = new StringBuilder();
        text.Append("# Go on where the work stopped\n\n")
            .Append("This stage was begun before and had to stop: ").Append(Markdown.Inline(Reason)).Append(".\n")
            .Append(CultureInfo.InvariantCulture, $"This is continuation {Continuation} of {ContinuationsMax}. ")
            .Append("What was asked is unchanged; do what of it is not done yet, and do not begin anew.\n\n");
        if (Changes.Count == 0)
        {
            text.Append("Nothing has been changed so far.\n");
        }
        else
        {
            text.Append("Done so far, committed on this branch: `git diff ").Append(Base).Append("...").Append(Head)
                .Append("`\n\n");
            foreach (var (what, path) in Changes.Take(FilesMax))
            {
                text.Append(CultureInfo.InvariantCulture, $"- {what}: {Markdown.Inline(path)}\n");
            }

            text.Append(Changes.Count > FilesMax
                ? string.Create(CultureInfo.InvariantCulture, $"- and {Changes.Count - FilesMax} more\n")
                : "");
        }

        if (!string.IsNullOrWhiteSpace(LastWords))
        {
            text.Append("\nThe last that was said before it stopped:\n\n")
                .Append(Markdown.Fence(Markdown.TailBytes(LastWords.Trim(), WordsBytesMax), "text")).Append('\n');
        }

        return text.ToString();
    }
}
