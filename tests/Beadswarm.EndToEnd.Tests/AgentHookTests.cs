using Beadswarm.EndToEnd.Tests.Models;
using Beadswarm.EndToEnd.Tests.Support;

namespace Beadswarm.EndToEnd.Tests;

/// <summary>
/// The real Claude Code and Codex ask the swarm's hook before they do anything that changes something, also in a
/// sandbox.
/// </summary>
public sealed class AgentHookTests
{
    [Fact]
    public async Task A_forbidden_deed_of_a_real_agent_is_refused_with_words_and_an_allowed_one_is_done()
    {
        var outside = "";
        (ModelReply Reply, string Answer)[] deeds =
        [
            (new ModelReply.Run("git push origin HEAD:main"), "nothing is pushed from a workspace"),
            (new ModelReply.Run("sh -c 'git -C . stash'"), "a stash is easily lost"),
            (new ModelReply.Run("echo x >> .beads/issues.jsonl"), ".beads in a workspace is not yours to change"),
            (new ModelReply.Run("echo \"$PWD\" > src/where.md && cat src/where.md"), ".beadswarm/workspaces/1"),
        ];
        await using var server = ModelServer.Start(request => request.Turn switch
        {
            _ when request.Task.Verb != "Implement" => PlayedModel.Good(request),
            var turn when turn < deeds.Length => deeds[turn].Reply,
            var turn when turn == deeds.Length => new ModelReply.Use(
                "Write", new { file_path = outside, content = "x" }),
            var turn when turn == deeds.Length + 1 => PlayedModel.Commit("a-1", "sound"),
            _ => new ModelReply.Say("It is done."),
        });
        using var repository = RealAgents.Repository(
            server, "claude-code", [new("a-1")], agents: 1, RealAgents.OneStage);
        outside = repository["README.md"];

        // A person who wants no hooks of his own wants these all the same.
        await File.WriteAllTextAsync(
            Path.Combine(repository.Home, ".claude", "settings.json"), "{\"disableAllHooks\":true}",
            TestContext.Current.CancellationToken);

        var (summary, _) = await RealAgents.RunAsync(repository);

        Assert.Equal((1, 1), (summary.Landed, summary.Attempts));
        var last = server.Requests[^1];
        Assert.All(deeds, deed => Assert.True(last.Said(deed.Answer), deed.Answer));
        Assert.True(last.Said($"{outside} is outside of your workspace"));
        Assert.False(File.Exists(outside));
        Assert.EndsWith(
            ".beadswarm/workspaces/1", repository.Git("show", "main:src/where.md"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("claude-code", "sandbox: bwrap")]
    [InlineData("codex", "")]
    [InlineData("codex", "sandbox: bwrap")]
    public async Task A_forbidden_deed_is_refused_whichever_agent_it_is_and_wherever_it_runs(
        string kind, string sandbox)
    {
        (string Script, string Answer)[] deeds =
        [
            ("git push origin HEAD:main", "nothing is pushed from a workspace"),
            ("sh -c 'git -C . stash'", "a stash is easily lost"),
            ("echo x >> .beads/issues.jsonl", ".beads in a workspace is not yours to change"),
            (
                "apply_patch <<'EOF'\n*** Begin Patch\n*** Add File: /var/lib/x\n+x\n*** End Patch\nEOF",
                "/var/lib/x is outside of your workspace"),
        ];
        await using var server = ModelServer.Start(request => request.Turn switch
        {
            var turn when turn < deeds.Length => new ModelReply.Run(deeds[turn].Script),
            var turn when turn == deeds.Length => PlayedModel.Commit("a-1", "sound"),
            _ => new ModelReply.Say("It is done."),
        });
        using var repository = RealAgents.Repository(
            server, kind, [new("a-1")], agents: 1, $"{RealAgents.OneStage}\n{sandbox}");

        var (summary, _) = await RealAgents.RunAsync(repository);

        Assert.Equal((1, 1), (summary.Landed, summary.Attempts));
        var last = server.Requests[^1];
        Assert.All(deeds, deed => Assert.True(last.Said(deed.Answer), deed.Answer));
    }

    [Theory]
    [InlineData("claude-code", "--settings")]
    [InlineData("codex", "-c")]
    public async Task Work_of_a_real_agent_that_did_not_ask_is_not_judged_and_does_not_land(string kind, string setting)
    {
        await using var server = ModelServer.Start(PlayedModel.Good);
        using var repository = RealAgents.Repository(
            server, kind, [new("a-1")], agents: 1, RealAgents.OneStage,
            limits: "infrastructureRetriesMax: 0",
            wrapper: WithoutSettings.Replace("SETTING", setting, StringComparison.Ordinal));

        var output = await repository.MustAsync(2, "run");

        Assert.Contains("without asking the swarm's hook", output.Out, StringComparison.Ordinal);
        Assert.Contains("0 of 1 landed", output.Out, StringComparison.Ordinal);
    }

    /// <summary>A program between that takes the settings away.</summary>
    const string WithoutSettings =
        """
        #!/bin/sh
        program=$1
        shift
        for word do
          shift
          case $last in SETTING) last= ;; *) [ "$word" = SETTING ] || set -- "$@" "$word"; last=$word ;; esac
        done
        exec "$program" "$@"

        """;
}
