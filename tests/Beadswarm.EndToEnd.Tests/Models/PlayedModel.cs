namespace Beadswarm.EndToEnd.Tests.Models;

/// <summary>What models of many tests do alike.</summary>
static class PlayedModel
{
    /// <summary>Does each stage's work at once, and well.</summary>
    public static ModelReply Good(ModelRequest request) => request switch
    {
        { Task.Verb: "Check" or "Attack" } => new ModelReply.Verdict(true, "looked at it"),
        { Turn: > 0 } => new ModelReply.Say("It is done."),
        { Task.Verb: "Implement" } => Commit(request.Task.Bead, "sound"),
        _ => new ModelReply.Run("echo 'what done means' > \"$BEADSWARM_CONTEXT/contract.md\""),
    };

    /// <summary>The bead's file, finished, with a line of its own, committed.</summary>
    public static ModelReply.Run Commit(string bead, string note) => new(
        $"printf 'status: done\\n{note}\\n' > src/{bead}.txt && git add -A && git commit -q -m '{bead}: {note}'");

    /// <summary>Answers the first calls one by one, and every later one by what it asks.</summary>
    public static Func<ModelRequest, ModelReply> First(
        IReadOnlyList<ModelReply> replies, Func<ModelRequest, ModelReply> later)
    {
        var calls = 0;
        return request => Interlocked.Increment(ref calls) is var call && call <= replies.Count
            ? replies[call - 1]
            : later(request);
    }
}
