using Beadswarm.Agents;
using Beadswarm.Pipelines;

namespace Beadswarm.Swarms;

/// <summary>An earlier execution of a stage of the same bead, as far as going on with it is concerned.</summary>
sealed record EarlierTalk(string Runner, int Attempt, string Workspace, AgentEnd End, UsageReport Usage);

/// <summary>Decides whether an agent goes on in a conversation that was begun, or begins a new one.</summary>
static class ConversationRules
{
    /// <summary>A conversation that has filled more of its context than this is better begun anew.</summary>
    const double ContextShareMax = 0.7;

    // | the earlier execution                      | goes on |
    // |--------------------------------------------|---------|
    // | another runner, or none that keeps one     | no      |
    // | in another workspace                       | no: what it remembers are paths of another bead's files now |
    // | an earlier attempt of a stage that works   | yes: it knows what it did, and is told what failed          |
    // | an earlier attempt of a stage that reviews | no: a review is worth more without what it thought before   |
    // | context full, or nearly                    | no: a handoff says what is needed                           |
    // | its conversation was lost                  | no      |

    /// <summary>The conversation to go on with, or null.</summary>
    public static Conversation? Continue(
        StageSpec stage, int attempt, string runner, string workspace, EarlierTalk? earlier) =>
        earlier is { Usage.Conversation: { } conversation }
        && earlier.Runner == runner
        && earlier.Workspace == workspace
        && (earlier.Attempt == attempt || stage.ProgressRequired)
        && earlier.End is not (AgentEnd.ContextExhausted or AgentEnd.ConversationLost or AgentEnd.Unauthorized)
        && !IsFull(earlier.Usage)
            ? conversation
            : null;

    static bool IsFull(UsageReport usage) =>
        usage is { ContextMax: { } most, ContextWindow: > 0 and var window } && most > ContextShareMax * window;
}
