using System.Text;
using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Cli;
using Beadswarm.Cli.Rendering;
using Beadswarm.Control;
using Beadswarm.Journal;
using Beadswarm.Landing;
using Beadswarm.Landing.Queueing;
using Beadswarm.Swarms;
using Beadswarm.Tests.Support;

namespace Beadswarm.Tests.Cli;

public sealed class RenderingTests
{
    [Fact]
    public void Every_state_of_a_swarm_has_its_status()
    {
        var busy = FixedReader.Busy().Status;
        var text = new StringBuilder();
        foreach (var status in Enum.GetValues<SwarmStatus>())
        {
            foreach (var life in new SwarmLife[]
            {
                new SwarmLife.Here(), new SwarmLife.Coming(FixedReader.Start.AddHours(1)), new SwarmLife.Gone(),
            })
            {
                var reason = status == SwarmStatus.Stopping ? "Ctrl-C" : null;
                var swarm = busy.Swarm! with { Status = status, Reason = reason };
                var json = StatusJson.Format(busy with { Swarm = swarm, Agents = [] }, life);
                text.Append($"{status}, {life.GetType().Name}\n")
                    .Append(StatusView.Parse(json).Format(FixedReader.Start.UtcDateTime, 100)).Append('\n');
            }
        }

        Snapshot.Match(text.ToString());
    }

    [Fact]
    public void A_status_of_a_newer_swarm_is_read_as_far_as_it_is_known()
    {
        var view = StatusView.Parse(
            """{"state":"running","new":{"a":[1,2]},"landed":3,"agents":[{"agent":1,"mood":["good"]}],"more":1}"""u8);

        Assert.Equal(("running", 3, 1), (view.State, view.Landed, view.Agents.Single().Agent));
    }

    [Fact]
    public async Task The_live_screen_fits_its_terminal()
    {
        await using var bench = new CliBench();
        var busy = FixedReader.Busy();
        var text = new StringBuilder();
        foreach (var (width, height) in new[] { (100, 40), (60, 14) })
        {
            var output = new StringWriter();
            var host = bench.Host(output, TextWriter.Null) with { Width = width, Height = height };
            var state = new LiveState(
                StatusView.Parse(StatusJson.Format(busy.Status, new SwarmLife.Here(), FixedReader.Vitals)), Alive: true,
                busy.Journal);
            LiveScreen.Console(host, ansi: false).Write(LiveScreen.Draw(state, host, "q leaves"));
            var lines = output.ToString().ReplaceLineEndings("\n").TrimEnd('\n').Split('\n');
            Assert.All(lines, line => Assert.InRange(line.TrimEnd().Length, 0, width));
            text.Append($"{width} x {height}\n").AppendJoin('\n', lines.Select(line => line.TrimEnd())).Append("\n\n");
        }

        Snapshot.Match(text.ToString());
    }

    [Fact]
    public void Every_state_of_a_bead_is_explained()
    {
        var busy = FixedReader.Busy();
        var text = new StringBuilder();
        foreach (var work in busy.Beads)
        {
            foreach (var alive in new[] { true, false })
            {
                Explain(text, Facts(busy, work.Id, work, alive) with { Against = ["it is blocked by demo-2"] });
            }
        }

        var unseen = BeadId.Parse("demo-20");
        Explain(text, Facts(busy, unseen, null, alive: true));
        Explain(text, Facts(busy, unseen, null, alive: true) with { Against = ["it is pinned", "it is deferred"] });
        Explain(text, Facts(new FixedReader(), unseen, null, alive: false));
        var closed = new Bead { Id = unseen, Title = "Unseen", Status = "closed" };
        Explain(text, Facts(busy, unseen, null, alive: true) with { Bead = closed });
        var waiting = FixedReader.Bead("demo-21", "Waits", new BeadState.Pending(new("implement"), null), attempt: 0);
        Explain(text, Facts(busy, waiting.Id, waiting, alive: true));
        waiting = waiting with { Ready = false };
        Explain(text, Facts(busy, waiting.Id, waiting, alive: true) with { Against = ["it is pinned"] });
        Explain(text, Facts(busy, waiting.Id, waiting, alive: true));

        Snapshot.Match(text.ToString());
    }

    [Fact]
    public void Conflicts_to_come_are_shown_with_the_queue_and_with_the_bead()
    {
        var busy = FixedReader.Busy();
        var entry = busy.Landings[0];
        JournalEvent.ConflictForeseen[] foreseen = [new("h3ad", "demo-9", "07her", Landed: false, "a.cs, b.cs")];
        var screen = QueueScreen.Of(
            new LandingQueue([entry], null),
            new LineReport([new LinePosition(entry.Id, new LineState.Foreseen(new(4)))], 2, null, null),
            FixedReader.Start).Warned(new Dictionary<BeadId, IReadOnlyList<JournalEvent.ConflictForeseen>>
            {
                [entry.Bead] = foreseen,
            });

        var text = screen.FormatText(FixedReader.Start, 200);
        Assert.Contains("waits for one ahead that it will conflict with", text, StringComparison.Ordinal);
        Assert.Contains("demo-8: will conflict with demo-9 in a.cs, b.cs\n", text, StringComparison.Ordinal);
        Assert.Contains(
            """"foreseen":[{"bead":"demo-9","commit":"07her","landed":false,"files":"a.cs, b.cs"}]"""",
            screen.FormatJson(), StringComparison.Ordinal);
        var work = FixedReader.Bead("demo-8", "Land me", new BeadState.Landing(), attempt: 1);
        Assert.Equal(
            "it will conflict with demo-9 in a.cs, b.cs",
            WhyRules.Explain(Facts(busy, work.Id, work, alive: true) with { Foreseen = foreseen })[^1]);
    }

    [Fact]
    public void A_red_target_is_shown_with_status_queue_bead_and_end_of_the_run()
    {
        var busy = FixedReader.Busy();
        var red = new RedTarget("test", "exit code 1", "900d", "bad0", "Break it", null, null);
        var health = new TargetHealth("71b", FixedReader.Start, red);
        const string said = "the target is RED at 71b: gate test fails (exit code 1) since bad0 \"Break it\", which "
            + "the swarm did not land: its author, or whoever can, has to mend or revert it";

        Assert.Equal(said, health.Say());
        var json = StatusJson.Format(busy.Status, new SwarmLife.Here(), null, health);
        Assert.Contains(
            said, StatusView.Parse(json).Format(FixedReader.Start.UtcDateTime, 300), StringComparison.Ordinal);
        Assert.Contains(
            "\"targetHealth\":{\"status\":\"red\",\"tip\":\"71b\",\"testedAt\":",
            System.Text.Encoding.UTF8.GetString(json), StringComparison.Ordinal);
        var screen = QueueScreen.Of(LandingQueue.Empty, new LineReport([], 0, null, null), FixedReader.Start) with
        {
            Health = health,
        };
        Assert.Contains(said, screen.FormatText(FixedReader.Start, 300), StringComparison.Ordinal);
        Assert.Contains("\"targetHealth\":{\"status\":\"red\"", screen.FormatJson(), StringComparison.Ordinal);
        var work = FixedReader.Bead("demo-8", "Land me", new BeadState.Landing(), attempt: 1);
        Assert.Equal(
            said, WhyRules.Explain(Facts(busy, work.Id, work, alive: true) with { Health = health })[^1]);
        var outcome = new SwarmOutcome(SwarmEnd.Completed, null, 1, 0, 0, 0, null, 1, TimeSpan.Zero) { Red = said };
        Assert.Contains(said, RunSummary.ToText(outcome), StringComparison.Ordinal);
        Assert.Equal(said, SwarmOutcome.From(outcome.ToJournal())!.Red); // it is known to this program
        Assert.Equal(
            "the target is RED at 71b: gate test fails (exit code 1) since bad0 \"Break it\", which landed x-1, taken "
            + "up again for it",
            (health with { Red = red with { Bead = "x-1" } }).Say());
        Assert.EndsWith(
            "; since when is not known: nobody looked",
            (health with { Red = red with { Culprit = null, Unknown = "nobody looked" } }).Say(),
            StringComparison.Ordinal);
        Assert.Equal("the target is green at 71b", (health with { Red = null }).Say());
    }

    [Theory]
    [InlineData(0, "0.0s")]
    [InlineData(9.94, "9.9s")]
    [InlineData(59, "59s")]
    [InlineData(61, "1m01s")]
    [InlineData(3_661, "1h01m")]
    [InlineData(90_000, "1d01h")]
    [InlineData(-5, "0.0s")]
    public void Lengths_of_time_have_two_units(double seconds, string expected) =>
        Assert.Equal(expected, Spans.Format(TimeSpan.FromSeconds(seconds)));

    [Fact]
    public void The_supervision_tree_is_drawn_with_what_failed()
    {
        var json = StatusJson.Format(FixedReader.Busy().Status, new SwarmLife.Here(), FixedReader.Vitals);

        Assert.Equal(
            """
            node-a
            └─ orchestrator  process 4711, running
               ├─ tracker   running
               ├─ lander    restarting, failed 2 times: the remote hung up
               └─ agents
                  ├─ agent 1   running, failed once: once
                  └─ agent 2   parked, failed 4 times: no such runner

            """,
            TreeText.Format(StatusView.Parse(json)));
    }

    static WhyFacts Facts(FixedReader swarm, BeadId id, BeadWork? work, bool alive) =>
        new(
            id, work, new Bead { Id = id, Title = work?.Title ?? "Unseen" }, [],
            new LandingQueue(swarm.Landings, swarm.Pause), swarm.Status, alive, FixedReader.Start.AddMinutes(20));

    static void Explain(StringBuilder text, WhyFacts facts)
    {
        text.Append($"{facts.Id} ({WhyRules.State(facts)}{(facts.Alive ? "" : ", no swarm")})\n");
        foreach (var reason in WhyRules.Explain(facts))
        {
            text.Append("  ").Append(reason).Append('\n');
        }
    }
}
