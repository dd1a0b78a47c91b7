using Beadswarm.Control;
using Beadswarm.Swarms;
using Beadswarm.Tests.Support;

namespace Beadswarm.Tests.Cli;

/// <summary>
/// claim, heartbeat, stage, release and done: what they ask, what they print and with which code they end.
/// </summary>
public sealed class ExternalVerbTests : IAsyncLifetime
{
    readonly CliBench _bench = new();

    public ValueTask InitializeAsync()
    {
        _bench.Running(FixedReader.Busy());
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => _bench.DisposeAsync();

    [Fact]
    public async Task Every_refusal_is_one_line_of_json_with_a_code_of_its_own()
    {
        foreach (var (kind, code) in new[]
        {
            (ExternalRefusal.NothingReady, 17), (ExternalRefusal.Fenced, 18), (ExternalRefusal.Refused, 19),
            (ExternalRefusal.Stopping, 12), (ExternalRefusal.Unavailable, 11),
        })
        {
            _bench.Commands.Answer = call => ExternalAnswers.Refusal(call.Verb, kind, "because");
            var said = await _bench.RunAsync("claim", "--agent", "3");
            Assert.Matches(
                "\nstderr: \\{\"type\":\"error\",\"verb\":\"claim\",\"reason\":\"[a-z-]+\",\"message\":\"because\","
                + $"\"code\":{code}\\}}\nexit {code}\n$",
                said);
        }
    }

    [Fact]
    public async Task A_question_says_who_asks_and_takes_from_the_environment_what_is_not_said()
    {
        var asked = new List<ExternalCall>();
        _bench.Commands.Answer = call =>
        {
            asked.Add(call);
            return "{\"type\":\"stage pass\",\"passed\":false,\"summary\":\"red\"}";
        };
        _bench.Environment["BEADSWARM_AGENT"] = "3";
        _bench.Environment["BEADSWARM_BEAD"] = "demo-7";
        _bench.Environment["BEADSWARM_TOKEN"] = "5";

        Assert.Contains(
            "exit 20\n", await _bench.RunAsync("stage", "pass", "--request-id", "r-1", "--summary", "did it"),
            StringComparison.Ordinal);
        await _bench.RunAsync("stage", "fail", "--agent", "4", "--bead", "demo-8", "--token", "6");
        await _bench.RunAsync("release", "--reason", "no time");
        await _bench.RunAsync("heartbeat");
        await _bench.RunAsync("claim");

        Assert.Equal(
            ["StagePass 3 demo-7 5 did it", "StageFail 4 demo-8 6 ", "Release 3 demo-7 5 no time",
                "Heartbeat 3 demo-7 5 ", "Claim 3   "],
            asked.Select(call => $"{call.Verb} {call.Agent} {call.Bead} {call.Token} {call.Summary}"));
        Assert.Equal("r-1", asked[0].Id.Value);
        Assert.Equal(asked.Count, asked.Select(call => call.Id).Distinct().Count());
    }

    [Fact]
    public async Task What_takes_long_is_asked_again_under_its_id_until_it_is_answered()
    {
        var asked = new List<ExternalCall>();
        _bench.Commands.Answer = call =>
        {
            asked.Add(call);
            return asked.Count < 4 ? null : "{\"type\":\"heartbeat\",\"bead\":\"demo-7\"}";
        };

        Assert.Equal(
            """
            $ beadswarm heartbeat --agent 3 --bead demo-7 --token 5 --format text
            bead: demo-7
            exit 0

            """,
            await _bench.RunAsync(
                "heartbeat", "--agent", "3", "--bead", "demo-7", "--token", "5", "--format", "text"));
        Assert.Equal(4, asked.Count);
        Assert.Single(asked.Distinct());
    }

    [Fact]
    public async Task Without_a_swarm_and_without_a_claim_it_is_said_what_to_do()
    {
        Assert.Contains(
            "\"code\":1,\"message\":\"it is not said for which claim: --bead is missing\"",
            await _bench.RunAsync("heartbeat", "--agent", "3"), StringComparison.Ordinal);
        await _bench.StopAsync();
        Assert.Matches(
            "\"code\":12,\"message\":\"no swarm runs here\",\"hint\":\".*--agents 0.*--request-id r-1\"",
            await _bench.RunAsync("claim", "--agent", "3", "--request-id", "r-1"));
    }

    [Fact]
    public async Task Done_tells_what_became_of_a_bead()
    {
        Assert.Equal(
            """
            $ beadswarm done --bead demo-7
            {"type":"done","bead":"demo-7","state":"held","detail":"agent 2","attempt":2}
            exit 0

            """,
            await _bench.RunAsync("done", "--bead", "demo-7"));
        Assert.Contains("exit 13\n", await _bench.RunAsync("done", "--bead", "demo-99"), StringComparison.Ordinal);
    }
}
