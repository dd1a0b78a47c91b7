namespace Beadswarm.ScriptedAgent;

/// <summary>
/// What a well-behaved agent does without being told: it writes the contract, implements the bead as a file that a gate
/// can check, and passes every review. Also the misbehaviours that chance picks, as the same kind of script.
/// </summary>
static class DefaultActions
{
    const string GoodWork =
        """
        {"do":"write","path":"src/{{bead}}.txt",
         "content":"bead: {{bead}}\nattempt: {{attempt}}\nagent: {{agent}}\nstatus: done\n"}
        """;

    const string BrokenWork =
        """
        {"do":"write","path":"src/{{bead}}.txt",
         "content":"bead: {{bead}}\nattempt: {{attempt}}\nagent: {{agent}}\nstatus: broken\n"}
        """;

    const string CommitWork =
        """
        {"do":"commit","message":"Implement {{bead}}\n\nAttempt {{attempt}} by agent {{agent}}."}
        """;

    const string Implement = $"{GoodWork},{CommitWork}";
    const string Broken = $"{BrokenWork},{CommitWork}";

    const string Contract =
        """
        {"do":"write","path":"contracts/{{bead}}.md",
         "content":"# Contract of {{bead}}\n\n- src/{{bead}}.txt exists and names the bead.\n- Its status is done.\n"},
        {"do":"commit","message":"Write the contract of {{bead}}"}
        """;

    const string Pass =
        """
        {"do":"result","verdict":"pass","summary":"{{stage}} of {{bead}}: nothing to complain about"}
        """;

    const string Fail =
        """
        {"do":"result","verdict":"fail","summary":"{{stage}} of {{bead}} found a defect",
         "findings":[{"severity":"major","title":"attempt {{attempt}} does not hold",
                      "detail":"found by {{stage}}","file":"src/{{bead}}.txt","line":2}]}
        """;

    public static IReadOnlyList<ScriptAction> For(AgentTask task) => Script.Parse($"[{Usual(task)}]");

    /// <summary>The script of a behaviour that a rate names.</summary>
    public static IReadOnlyList<ScriptAction> For(AgentTask task, string behaviour) => Script.Parse(behaviour switch
    {
        "fail" => $"[{Fail}]",
        "broken" => $"[{Broken}]",
        "lie" => $"[{Pass}]",
        "lie-broken" => $"[{Broken},{Pass}]",
        "no-commit" => "[]",
        "uncommitted" => $"[{GoodWork}]",
        "exit" => """[{"do":"print","text":"something went wrong"},{"do":"exit","code":1}]""",
        "broken-result" => $"[{Usual(task)},{{\"do\":\"broken-result\"}}]",
        "leak" => $"[{Usual(task)},{{\"do\":\"leak\"}}]",
        "wrong-branch" => $"[{{\"do\":\"wrong-branch\"}},{Usual(task)}]",
        "detached" => $"[{{\"do\":\"detached\"}},{Usual(task)}]",
        "outside" => $"[{{\"do\":\"outside\"}},{Usual(task)}]",
        "edit-beads" => $"[{{\"do\":\"edit-beads\"}},{Usual(task)}]",
        _ => $$"""[{"do":"{{behaviour}}"}]""",
    });

    static string Usual(AgentTask task) => task.Stage switch
    {
        var stage when stage.Contains("contract", StringComparison.Ordinal) => Contract,
        var stage when stage.Contains("implement", StringComparison.Ordinal)
            || stage.Contains("generator", StringComparison.Ordinal) => Implement,
        "test-writer" or "planner" => Contract,
        _ => Pass,
    };
}
