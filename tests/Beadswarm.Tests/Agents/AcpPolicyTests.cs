using System.Text.Json;
using Beadswarm.Agents;
using Beadswarm.Agents.Acp;
using Beadswarm.Agents.Deeds;

namespace Beadswarm.Tests.Agents;

public sealed class AcpPolicyTests
{
    [Theory]
    [InlineData("""{ "kind": "execute", "rawInput": { "command": "git commit -am x" } }""", true)]
    [InlineData("""{ "kind": "execute", "rawInput": { "command": "sh -c 'git push'" } }""", false)]
    [InlineData("""{ "kind": "execute", "rawInput": { "command": "echo x > /etc/x" } }""", false)]
    [InlineData("""{ "kind": "edit", "locations": [ { "path": "/w/src/a" } ] }""", true)]
    [InlineData("""{ "kind": "edit", "locations": [ { "path": "/w/.beads/issues.jsonl" } ] }""", false)]
    [InlineData("""{ "kind": "read", "locations": [ { "path": "/w/.beads/issues.jsonl" } ] }""", true)]
    public void Commands_and_changes_are_held_to_the_rules_of_deeds(string toolCall, bool allowed)
    {
        using var call = JsonDocument.Parse(toolCall);
        var policy = new AcpPolicy(AgentPermission.Full, "/w", Path.GetFullPath)
        {
            Ground = new DeedGround { Workspace = "/w", Folder = "/w" },
        };

        Assert.Equal(allowed, policy.Allows(call.RootElement));
    }
}
