using Beadswarm.Pipelines;
using Beadswarm.Planning;
using Beadswarm.Tests.Support;

namespace Beadswarm.Tests.Pipelines;

/// <summary>
/// What each role must be told, whatever the words around it: somebody who makes a prompt shorter must not lose what
/// the orchestrator relies on.
/// </summary>
public sealed class PromptContentTests
{
    static readonly PromptValues Second = PromptTemplateTests.First with { Attempt = 2, Feedback = "It crashed." };

    [Theory]
    [InlineData("contract", "$BEADSWARM_CONTEXT/contract.md", "**Interface**", "**Preconditions**",
        "**Postconditions**", "**Invariants**", "**Errors**", "**Edge cases**", "**Test plan**", "**Assumptions**",
        "You do not implement it", "Commit nothing", "what a person must decide")]
    [InlineData("rust-contract", "$BEADSWARM_CONTEXT/contract.md", "**Error variants**", "**Preconditions**",
        "**Postconditions**", "**Invariants**", "**Test plan**", "`unwrap`", "You do not implement it",
        "Commit nothing")]
    [InlineData("test-writer", "$BEADSWARM_CONTEXT/contract.md", "commit them on `agent-7/bd-12.3`", "They fail now",
        "Do not implement the change", "would pass with an empty implementation is worthless")]
    [InlineData("planner", "$BEADSWARM_CONTEXT/plan.md", "**Touches**", "**Shared ground**",
        "No code, no tests, no commit")]
    [InlineData("implement", "a test that fails for the right reason", "Run the gates", "Commit everything",
        "Answer every finding", "The stage fails when it leaves no change", "It crashed.")]
    [InlineData("implementer", "see them fail", "The tests are the specification", "Run the gates", "Commit everything",
        "Answer every finding", "The stage fails when it leaves no change", "It crashed.")]
    [InlineData("functional-rust-generator", "`unwrap`, `expect`, `panic!`", "a test that fails for the right reason",
        "Commit everything", "Answer every finding", "It crashed.")]
    [InlineData("qa-enforcer", "git diff 1a2b3c4...HEAD", "acceptance criteria", "Execute", "You change nothing",
        "removed, skipped or loosened", "Commit nothing", "`critical` or `major`", "A stage without a verdict fails")]
    [InlineData("reviewer", "git diff 1a2b3c4...HEAD", "You change nothing", "removed, skipped or loosened",
        "Commit nothing", "`critical` or `major`", "A stage without a verdict fails")]
    [InlineData("red-queen", "git diff 1a2b3c4...HEAD", "assume that it is wrong", "concurrency", "inputs", "trust",
        "regressions", "smallest command", "Stay inside the workspace", "do not fix anything",
        "A stage without a verdict fails")]
    [InlineData("landing", "Merge `main` into `agent-7/bd-12.3`", "do not rebase", "Never take one side wholesale",
        "Landing itself is not yours")]
    [InlineData("merger", "merge `main` into `agent-7/bd-12.3`", "do not rebase", "Never take one side wholesale",
        "removed, skipped or loosened", "Landing itself is not yours", "the decision a person must take",
        "A stage without a verdict fails")]
    public void Role_is_told_what_it_must_leave_and_what_it_must_not_do(string name, params string[] musts)
    {
        var text = Rendered(name, Second);

        Assert.All(musts, must => Assert.Contains(Words(must), Words(text), StringComparison.Ordinal));
    }

    [Fact]
    public void Planner_of_a_bead_is_told_the_form_that_is_read()
    {
        var text = Rendered(PromptLibrary.Proposal, PromptTemplateTests.First);
        var example = text.Split("```json\n")[1].Split("```")[0];

        Assert.IsType<ProposalReading.Usable>(ProposalReader.Read(example));
        Snapshot.Match(
            $"{text}\n=========== attempt 2 ===========\n{Rendered(PromptLibrary.Proposal, Second)}",
            testName: PromptLibrary.Proposal);
    }

    static string Rendered(string name, PromptValues values) =>
        ((PromptParse.Parsed)PromptLibrary.Find(name, _ => null)).Template.Render(values);

    static string Words(string text) =>
        string.Join(' ', text.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries));
}
