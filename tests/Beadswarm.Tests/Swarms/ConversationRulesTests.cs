using Beadswarm.Agents;
using Beadswarm.Pipelines;
using Beadswarm.Swarms;

namespace Beadswarm.Tests.Swarms;

public sealed class ConversationRulesTests
{
    static readonly StageSpec Works = new() { Name = StageName.Implement, ProgressRequired = true };

    static readonly StageSpec Reviews = new() { Name = new("qa-enforcer"), VerdictRequired = true };

    static readonly EarlierTalk Talk = new(
        "claude", 1, "/w/1", new AgentEnd.Finished(null, null), new UsageReport
        {
            Conversation = new Conversation("c-1", default, null),
            ContextMax = 100_000,
            ContextWindow = 200_000,
        });

    [Fact]
    public void Work_goes_on_in_the_conversation_of_the_attempt_before() => Assert.True(Goes(Works, 2, Talk));

    [Fact]
    public void Review_begins_anew_with_each_attempt_and_goes_on_within_one()
    {
        Assert.False(Goes(Reviews, 2, Talk));
        Assert.True(Goes(Reviews, 1, Talk));
    }

    [Fact]
    public void Conversation_about_another_workspace_is_not_gone_on_with() =>
        Assert.False(Goes(Works, 2, Talk with { Workspace = "/w/2" }));

    [Fact]
    public void Conversation_of_another_runner_is_not_gone_on_with() =>
        Assert.False(Goes(Works, 2, Talk with { Runner = "codex" }));

    [Fact]
    public void Conversation_that_fills_its_context_is_begun_anew()
    {
        Assert.False(Goes(Works, 1, Talk with { Usage = Talk.Usage with { ContextMax = 150_000 } }));
        Assert.True(Goes(Works, 1, Talk with { Usage = Talk.Usage with { ContextWindow = null } }));
        Assert.False(Goes(Works, 1, Talk with { End = new AgentEnd.ContextExhausted("full") }));
    }

    [Fact]
    public void Conversation_that_was_lost_or_never_begun_is_begun_anew()
    {
        Assert.False(Goes(Works, 1, Talk with { End = new AgentEnd.ConversationLost("") }));
        Assert.False(Goes(Works, 1, Talk with { Usage = UsageReport.Unknown }));
        Assert.False(Goes(Works, 1, null));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_was_cut_off_goes_on_where_it_was(bool crashed) => Assert.True(Goes(
        Works, 1, Talk with { End = crashed ? new AgentEnd.Crashed(9, "") : new AgentEnd.MaxTurns("40") }));

    static bool Goes(StageSpec stage, int attempt, EarlierTalk? earlier) =>
        ConversationRules.Continue(stage, attempt, "claude", "/w/1", earlier)?.Id == "c-1";
}
