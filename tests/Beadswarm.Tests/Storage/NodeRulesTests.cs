using Beadswarm.Storage;
using Beadswarm.Swarms;

namespace Beadswarm.Tests.Storage;

/// <summary>Who may take part in a swarm, as what.</summary>
public sealed class NodeRulesTests
{
    static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch;

    [Theory]
    [InlineData("1-3", 3, null, "")]
    [InlineData("1-3", 3, 7, "")]
    [InlineData("4-6", 3, null, "1-3")]
    [InlineData("7-9", 3, 7, "1-3")]
    [InlineData("4-6", 3, 1, "1-3")]
    [InlineData("4-5", 2, null, "1-3,6-8")]
    [InlineData("9-11", 3, null, "1-3,6-8")]
    [InlineData("1-2", 2, null, "3-4")]
    [InlineData("none", 0, null, "1-3")]
    public void Agents_get_the_next_numbers_that_nobody_else_has_and_their_own_again(
        string expected, int count, int? before, string taken)
    {
        AgentBlock[] blocks =
        [
            .. taken.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(text => text.Split('-'))
                .Select(ends => new AgentBlock(Number(ends[0]), Number(ends[1]) - Number(ends[0]) + 1)),
        ];

        var placed = NodeRules.Place(count, before is { } first ? new AgentBlock(first, 1) : null, blocks);

        Assert.Equal(expected, $"{placed}");
    }

    [Fact]
    public void A_clone_keeps_its_name_and_another_one_of_its_host_gets_a_number()
    {
        NodeRecord[] known = [Node("box", "clone-a"), Node("box-2", "clone-b") with { Ended = NodeEnd.Left }];

        Assert.Equal("box-2", NodeRules.NameOf(Card("clone-b", "elsewhere"), known));
        Assert.Equal("box-3", NodeRules.NameOf(Card("clone-c", "box"), known));
        Assert.Equal("other", NodeRules.NameOf(Card("clone-c", "other"), known));
    }

    [Theory]
    [InlineData(null, "origin", "main", "origin", "main")]
    [InlineData(NodeMismatch.NoRemote, null, "main", "origin", "main")]
    [InlineData(NodeMismatch.NoRemote, "origin", "main", null, "main")]
    [InlineData(NodeMismatch.Remote, "fork", "main", "origin", "main")]
    [InlineData(NodeMismatch.Target, "origin", "next", "origin", "main")]
    internal void Nodes_work_together_that_share_a_remote_and_land_on_the_same_branch(
        NodeMismatch? expected, string? remote, string target, string? theirs, string on) =>
        Assert.Equal(
            expected,
            NodeRules.Mismatch(
                Card("a", "box") with { Remote = remote, Target = target },
                Node("box-2", "b") with { Remote = theirs, Target = on }));

    [Theory]
    [InlineData(SwarmStatus.Running, true, true, true)]
    [InlineData(SwarmStatus.Stopping, true, true, false)]
    [InlineData(SwarmStatus.Stopped, true, false, false)]
    [InlineData(SwarmStatus.Completed, true, false, false)]
    [InlineData(SwarmStatus.Running, false, false, true)]
    internal void A_swarm_has_a_holder_while_that_is_heard_of_and_goes_on_under_another_unless_it_is_to_stop(
        SwarmStatus status, bool heardOf, bool hasHolder, bool mayTakeOver)
    {
        var swarm = new SwarmRecord(1, new SwarmEpoch(1), status, null, "box", null, null, Now, null, false);
        var holder = Node("box", "a") with { ExpiresAt = heardOf ? Now.AddSeconds(1) : Now };

        Assert.Equal(hasHolder, NodeRules.Holder(swarm, [holder], Now) is not null);
        Assert.Equal(mayTakeOver, NodeRules.MayTakeOver(swarm));
    }

    [Fact]
    public void However_many_nodes_there_are_all_of_them_announce_little_and_nobody_waits_longer_than_a_look()
    {
        foreach (var others in Enumerable.Range(1, 90))
        {
            var pause = NodeRules.Calm(others);
            Assert.InRange((others + 1) / pause.TotalSeconds, 0, 100);
            Assert.True(pause > NodeRules.Calm(others - 1));
        }

        Assert.Equal(NodeRules.LookPause, NodeRules.Calm(1000));
    }

    static int Number(string text) => int.Parse(text, System.Globalization.CultureInfo.InvariantCulture);

    static NodeCard Card(string clone, string host) => new(clone, host, 1, null, "origin", "main");

    static NodeRecord Node(string name, string clone) => new(
        new NodeGrant(name, 1), clone, "box", 1, "origin", "main", new AgentBlock(1, 3), Now, Now, Now.AddMinutes(1),
        null);
}
