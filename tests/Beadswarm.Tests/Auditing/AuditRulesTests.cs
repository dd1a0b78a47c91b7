using Beadswarm.Auditing;
using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Gates;
using Beadswarm.Journal;
using Beadswarm.Landing;
using Beadswarm.Pipelines;
using Beadswarm.Storage;
using Beadswarm.Swarms;
using Beadswarm.Workspaces;

namespace Beadswarm.Tests.Auditing;

/// <summary>Every rule finds a history that was broken in one place, and no other rule does.</summary>
public sealed class AuditRulesTests
{
    /// <summary>What is broken, and the one rule that is to find it.</summary>
    static readonly (string Rule, string What, AuditInput Input)[] Broken =
    [
        ("journal.gaps", "an entry is missing", Journal(journal =>
            [.. journal.Where(entry => entry.Event is not JournalEvent.ComponentHeld)])),
        ("journal.gaps", "two entries changed places", Journal(journal =>
            [.. journal.Take(25), journal[26], journal[25], .. journal.Skip(27)])),
        ("journal.starts", "an epoch was used again", Replace<JournalEvent.SwarmStarted>(
            _ => true, started => started with { Epoch = 1 })),
        ("journal.starts", "an entry belongs to a swarm that has not begun",
            Lines(line => line.Event is JournalEvent.ComponentHeld ? line with { Swarm = 2 } : line)),
        ("journal.starts", "a swarm begins twice", Replace<JournalEvent.SwarmStarted>(
            _ => true, started => started with { Continued = false })),
        ("journal.grows", "an entry was changed", Sound with { Earlier = new JournalSeal(3, new string('0', 64)) }),
        ("journal.grows", "it is shorter", Sound with { Earlier = new JournalSeal(300, new string('0', 64)) }),

        ("state.swarm", "the row has another epoch", Sound with
        {
            Store = Sound.Store with { Swarm = Sound.Store.Swarm with { Epoch = new SwarmEpoch(3) } },
        }),
        ("state.swarm", "the row has another status", Sound with
        {
            Store = Sound.Store with { Swarm = Sound.Store.Swarm with { Status = SwarmStatus.Stopped } },
        }),
        ("state.beads", "the row of a bead was changed", Bead("a-3", bead => bead with { Attempt = 2 })),
        ("state.beads", "failures of a bead were forgotten", Bead(
            "a-2", bead => bead with { InfrastructureFailures = 0 })),
        ("state.beads", "a bead is not in the table", Sound with
        {
            Store = Sound.Store with { Beads = [.. Sound.Store.Beads.Where(bead => bead.Id.Value != "a-3")] },
        }),
        ("state.stages", "an execution ended otherwise", Runs(run => run with { Status = StageStatus.Passed })),
        ("state.stages", "an execution is nobody's", Sound with
        {
            Store = Sound.Store with
            {
                Runs = [.. Sound.Store.Runs, Sound.Store.Runs[0] with { Id = new StageRunId(99) }],
            },
        }),
        ("state.landings", "the row of a landing was changed",
            Landings(row => row with { State = new LandingState.Landed("other", AuditCase.Start) })),
        ("state.landings", "a landing is nobody's", Landings(row => row with { Id = new LandingId(9) })),
        ("state.verdicts", "a verdict was turned", Sound with
        {
            Store = Sound.Store with
            {
                Verdicts = Sound.Store.Verdicts.ToDictionary(one => one.Key, _ => GateStatus.Failed),
            },
        }),

        ("state.effects", "an open effect was forgotten", Interrupted(
            [.. AuditCase.Sound.Where(line => line.Event is not JournalEvent.EffectDone)],
            input => input)),
        ("state.effects", "an open effect is nobody's", Sound with
        {
            Store = Sound.Store with
            {
                Effects = [new OpenEffect(new EffectId(9), new NewEffect(EffectKind.Follow, "main"), AuditCase.Start)],
            },
        }),
        ("effect.pairs", "an effect was settled twice", After<JournalEvent.EffectDone>(
            new Line(new JournalEvent.EffectDone(1, "tracker.commit", "main", "moved")))),
        ("effect.pairs", "an effect was settled that nobody intended", After<JournalEvent.EffectDone>(
            new Line(new JournalEvent.EffectDone(2, "gate", "tag", "passed")))),

        ("claim.tokens", "a token was used again", Replace<JournalEvent.BeadClaimed>(
            claimed => claimed.Token == 4, claimed => claimed with { Token = 3 })),
        ("claim.holders", "a bead was granted while it was held", AuditCase.Of(
            [.. AuditCase.Sound.Where(line => line.Event is not JournalEvent.LeaseExpired).Select(line =>
                line.Event is JournalEvent.BeadClaimed { Token: 4 }
                    ? line with { Pause = TimeSpan.FromMinutes(4) } : line)])),
        ("claim.holders", "a lease was taken away early", Replace<JournalEvent.LeaseExpired>(
            _ => true, expired => expired with { ExpiredAt = AuditCase.Start.AddHours(1) })),
        ("claim.adoption", "a claim was taken over without a start", After<JournalEvent.ProcessStarted>(
            new Line(new JournalEvent.BeadAdopted("implement", 2, AuditCase.Start.AddMinutes(1)), "a-1", 1))),
        ("claim.adoption", "a claim was taken over for another agent",
            Lines(line => line.Event is JournalEvent.BeadAdopted || line.Event is JournalEvent.StageEnded { Run: 4 }
                ? line with { Agent = 2 } : line)),
        ("claim.fence", "an agent ended a stage of a bead that another one holds",
            Lines(line => line.Event is JournalEvent.StageEnded { Run: 4 } ? line with { Agent = 2 } : line)),
        ("claim.fence", "a process was recorded for a stage that is over", After<JournalEvent.StageStarted>(
            new Line(new JournalEvent.ProcessStarted(1, 4712), "a-1", 1), 2)),
        ("claim.ready", "a bead was granted that was not ready", Before<JournalEvent.BeadClaimed>(
            new Line(new JournalEvent.BeadReady(false), "a-1"))),
        ("claim.ready", "a bead was granted before its snooze had ended", Replace<JournalEvent.StageEnded>(
            ended => ended.Run == 4, ended => ended with { NotBefore = AuditCase.Start.AddMinutes(20) })),
        ("claim.agents", "an agent was granted a bead that the swarm does not have",
            Lines(line => line.Bead == "a-1" && line.Agent == 1 ? line with { Agent = 9 } : line)),

        ("bead.transitions", "a completed bead was withdrawn", After<JournalEvent.ComponentHeld>(
            new Line(new JournalEvent.BeadWithdrawn(), "a-1"))),
        ("bead.transitions", "a bead was revived that had not ended", After<JournalEvent.ComponentHeld>(
            new Line(new JournalEvent.BeadRevived(3, "person", "implement", 1, Ready: false, null, 0), "a-3"))),
        ("bead.owner", "the swarm completed with a ready bead", Replace<JournalEvent.BeadAdded>(
            added => added.Title == "Three", added => added with { Ready = true })),
        ("bead.owner", "a bead waits to land in no queue", AuditCase.Of(
            [.. AuditCase.Sound
                .Where(line => line is not { Bead: "a-1", Event: JournalEvent.TrackerTold { Change: "close" } }
                    && line.Event is not JournalEvent.SwarmStatusChanged { Status: "completed" })
                .Select(line => line.Event is JournalEvent.BeadLanded
                    ? line with { Event = new JournalEvent.LandingReturned(1, "red", "block") }
                    : line)])),
        ("bead.snooze", "a bead sleeps for days", Lines(line => line.Event switch
        {
            JournalEvent.StageEnded { Run: 4 } ended =>
                line with { Event = ended with { NotBefore = AuditCase.Start.AddDays(3) } },
            JournalEvent.BeadClaimed { Token: 4 } => line with { Pause = TimeSpan.FromDays(4) },
            _ => line,
        })),
        ("attempt.grows", "an attempt was given back", Replace<JournalEvent.StageEnded>(
            ended => ended.Run == 4, ended => ended with { NextAttempt = 2 })),
        ("attempt.allowed", "a fourth of three attempts", Lines(line => line.Event switch
        {
            JournalEvent.StageEnded { Run: 1 } ended => line with { Event = ended with { NextAttempt = 4 } },
            JournalEvent.StageStarted { Run: 3 } started => line with { Event = started with { Attempt = 4 } },
            JournalEvent.StageEnded { Run: 3 } ended => line with { Event = ended with { Attempt = 4 } },
            _ => line,
        })),
        ("attempt.allowed", "the table allows more", Bead("a-3", bead => bead with { AttemptsAllowed = 30 })),
        ("failures.bounded", "an agent is started for one that is over its limit", Lines(line => line.Event switch
        {
            JournalEvent.SwarmStarted started => line with { Event = started with { InfrastructureRetries = -1 } },
            _ => line,
        })),
        ("failures.bounded", "failures were forgotten", Replace<JournalEvent.StageEnded>(
            ended => ended.Run == 4, ended => ended with { InfrastructureFailures = 0 })),

        ("gate.tree", "a verdict on another tree", After<JournalEvent.GateRan>(
            new Line(new JournalEvent.GateRan("check", "c1", "t9", "passed", 0, "log", 5, "r9"), "a-1"))),
        ("gate.baseline", "a baseline rose", After<JournalEvent.GateRan>(
            new Line(new JournalEvent.BaselineLowered("warnings", 5)),
            more: new Line(new JournalEvent.BaselineLowered("warnings", 6)))),
        ("target.tested", "a gate had failed", Replace<JournalEvent.GateRan>(
            gate => gate.Commit == "c1", gate => gate with { Status = "failed" })),
        ("target.tested", "a gate had run by another recipe", Replace<JournalEvent.GateRan>(
            gate => gate.Commit == "c1", gate => gate with { Recipe = "r2" })),
        ("target.tested", "a gate ran afterwards", Moved<JournalEvent.GateRan, JournalEvent.BeadLanded>()),
        ("target.tested", "the tracker's file was never tested", Without<JournalEvent.GateRan>(
            gate => gate.Commit == "s1")),

        ("landing.earned", "a bead queued with another commit", Replace<JournalEvent.LandingQueued>(
            _ => true, queued => queued with { HeadCommit = "h0" })),
        ("landing.earned", "a bead queued whose stage had failed", Replace<JournalEvent.StageEnded>(
            ended => ended.Run == 3, ended => ended with { Status = "failed" })),
        ("landing.intended", "a bead landed as nobody intended", With(
            [.. AuditCase.Sound.Where(line => line.Event is not JournalEvent.LandingIntended).Select(line =>
                line.Event is JournalEvent.BeadLanded landed
                    ? line with { Event = landed with { ObservedTip = "b0" } } : line)],
            input => input)),
        ("landing.once", "a bead landed again", After<JournalEvent.BeadLanded>(
            new Line(new JournalEvent.BeadLanded(1, "c1", "c1"), "a-1", 1))),
        ("intent.settled", "an effect was never settled", With(
            [.. AuditCase.Sound.Where(line => line.Event is not JournalEvent.EffectDone)],
            input => input with
            {
                Store = input.Store with
                {
                    Effects =
                    [
                        new OpenEffect(
                            new EffectId(1), new NewEffect(EffectKind.TrackerCommit, "main"), AuditCase.Start),
                    ],
                },
            })),
        ("intent.settled", "an epic was never closed", Without<JournalEvent.TrackerTold>(_ => true, "e-1")),

        ("target.forward", "the target lost a commit", Target(target => target with
        {
            Contained = target.Contained.Except(["s1"]).ToHashSet(),
        })),
        ("target.order", "a commit lies on another one", Commits(commit =>
            commit.Id == "c1" ? commit with { FirstParent = "other" } : commit)),
        ("target.order", "two commits changed places", Target(target => target with
        {
            Commits = [target.Commits[1] with { FirstParent = "b0" }, target.Commits[0] with { FirstParent = "s1" }],
        })),
        ("landing.present", "a landed commit is gone", Target(target => target with
        {
            Contained = target.Contained.Except(["c1"]).ToHashSet(),
        })),
        ("landing.recorded", "a commit of ours that nobody intended", Target(target => target with
        {
            Commits = [.. target.Commits, new TargetCommit("x1", "s1", "t3", ["a-2"], [])],
        })),
        ("landing.exact", "a landing does not name its bead", Commits(commit => commit with { Beads = [] })),
        ("landing.exact", "what was given up is on the target all the same", With(
            [.. AuditCase.Sound.SelectMany<Line, Line>(line => line.Event is JournalEvent.LandingIntended
                ? [
                    new Line(
                        new JournalEvent.GateRan("check", "c0", "t0", "passed", 0, "log", 5, AuditCase.Recipe), "a-1"),
                    line with { Event = new JournalEvent.LandingIntended(1, "b0", "c0", "t0") },
                    line with { Event = new JournalEvent.LandingVoided(1, "the target had moved") },
                    line with { Event = new JournalEvent.LandingIntended(1, "c0", "c1", "t1") },
                ]
                : [line])],
            input => input with
            {
                Target = input.Target! with
                {
                    Commits = [new TargetCommit("c0", "b0", "t0", ["a-1"], []), .. input.Target.Commits],
                },
            })),
        ("landing.own", "a landing brought something else", Commits(commit =>
            commit.Id == "c1" ? commit with { Deviations = ["work/a-0"] } : commit)),
        ("landing.change", "the work of another bead was merged", Commits(commit =>
            commit.Brought is { } work ? commit with { Brought = work with { Head = "h9" } } : commit)),
        ("landing.change", "a merge on the branch dropped what had landed", Commits(commit =>
            commit.Brought is null ? commit : commit with
            {
                Changes = [.. commit.Changes, new TargetChange("work/a-0", "blob", null)],
            })),
        ("landing.batch", "it lies elsewhere than its landings were merged", Batched("x0")),
        ("landing.content", "somebody put it back", Target(target => target with
        {
            Commits =
            [
                .. target.Commits,
                new TargetCommit("u1", "s1", "t3", [], [new TargetChange("work/a-1", "blob", null)]),
            ],
            Files = target.Files.Where(file => file.Key != "work/a-1").ToDictionary(),
        })),

        ("tracker.told", "the tracker was told before it landed", After<JournalEvent.BeadBlocked>(
            new Line(new JournalEvent.TrackerTold("close"), "a-2"))),
        ("tracker.early", "a bead is closed as landed that is blocked", Tracked("a-2", bead => bead with
        {
            Status = BeadStatus.Closed,
            CloseReason = "landed as c1",
        })),
        ("tracker.agrees", "a landed bead is open", Tracked("a-1", bead => bead with { Status = BeadStatus.Open })),
        ("tracker.agrees", "a blocked bead is open", Tracked("a-2", bead => bead with { Status = BeadStatus.Open })),

        ("left.processes", "a process lives on", Around(new AuditedSurroundings
        {
            Processes = [new TaggedTrace(4711, "beadswarm-1/a-1/1/implement", "sleep 1000")],
        })),
        ("left.locks", "a lock was left", Around(new AuditedSurroundings { Locks = [".git/index.lock"] })),
        ("left.workspaces", "a workspace is nobody's", Around(new AuditedSurroundings
        {
            Orphans = [new Orphan.Folder(".beadswarm/workspaces/7")],
        })),
        ("work.kept", "work is held by no ref", Around(new AuditedSurroundings
        {
            Unkept = [(BeadId.Parse("a-2"), "h9")],
        })),
    ];

    public static TheoryData<string, string> Cases => [.. Broken.Select(one => (one.Rule, one.What))];

    [Fact]
    public void What_lands_on_a_branch_beside_the_target_may_come_to_it_in_any_order()
    {
        var input = AuditCase.Of([.. AuditCase.Sound.Select(line =>
            line.Event is JournalEvent.EffectIntended { To: "s1" } intended
                ? line with { Event = intended with { From = "b0" } } : line)]);
        var target = input.Target!;
        var beside = target.Commits.Select(commit => commit.Id == "s1" ? commit with { FirstParent = "b0" } : commit);
        var found = AuditRules.Examine(input with { Target = target with { Commits = [.. beside.Reverse()] } });

        Assert.DoesNotContain(found.Findings, finding => finding.Rule.Name == "target.order");
    }

    [Fact]
    public void A_conflict_that_was_settled_by_a_rule_and_told_is_no_deviation()
    {
        var input = AuditCase.Of(
        [
            .. AuditCase.Sound.SelectMany(line => line.Event is JournalEvent.LandingIntended { Candidate: "c1" } intent
                ? [new Line(new JournalEvent.ConflictResolved(intent.Landing, "c1", "work/a-0", "union"), "a-1"), line]
                : new[] { line }),
        ]);
        var commits = input.Target!.Commits.Select(commit =>
            commit.Id == "c1" ? commit with { Deviations = ["work/a-0"] } : commit);

        Assert.Empty(Find(input with { Target = input.Target with { Commits = [.. commits] } }));
    }

    [Fact]
    public void A_bead_that_sleeps_and_is_not_ready_is_nothing_that_a_completed_swarm_has_left()
    {
        var input = AuditCase.Of(AuditCase.Sound);
        var asleep = input.Store.Beads.Select(bead => bead.Id.Value == "a-3"
            ? bead with { State = new BeadState.Pending(new StageName("implement"), AuditCase.Start.AddHours(1)) }
            : bead);
        var found = AuditRules.Examine(input with { Store = input.Store with { Beads = [.. asleep] } });

        Assert.DoesNotContain(found.Findings, finding => finding.Rule.Name == "bead.owner");
    }

    [Theory]
    [InlineData("another", false)]
    [InlineData("box", true)]
    public void Only_a_node_that_takes_over_tells_its_tracker_again_what_has_landed(string node, bool wrong)
    {
        var input = AuditCase.Of(
        [
            .. AuditCase.Sound.Select(line => line.Event is JournalEvent.SwarmStarted started
                ? line with { Event = started with { Node = "box" } } : line),
            new Line(new JournalEvent.SwarmStarted(9, node, 1, null, null, true)),
            new Line(new JournalEvent.TrackerTold("close"), "a-1"),
        ]);

        Assert.Equal(wrong, Find(input).Any(finding => finding.Rule.Name == "tracker.told"));
    }

    [Fact]
    public void An_epic_that_the_tracker_shows_closed_has_been_closed_whatever_was_written_down()
    {
        var input = Without<JournalEvent.TrackerTold>(_ => true, "e-1");
        var epic = new Bead { Id = BeadId.Parse("e-1"), Title = "", Status = BeadStatus.Closed };
        var tracker = input.Tracker! with { Beads = input.Tracker.Beads.Append(new(epic.Id, epic)).ToDictionary() };

        Assert.Empty(Find(input with { Tracker = tracker }));
    }

    [Fact]
    public void A_sound_swarm_has_no_findings() => Assert.Empty(Find(Sound));

    [Theory]
    [MemberData(nameof(Cases))]
    public void Each_rule_finds_what_only_it_can_find(string rule, string what)
    {
        var findings = Find(Broken.Single(one => one.Rule == rule && one.What == what).Input);

        Assert.True(
            findings.Count > 0 && findings.All(found => found.Rule.Name == rule),
            string.Join('\n', findings.Select(
                found => $"{found.Rule.Name}: {found.Finding.What}: {found.Finding.Found}")));
        Assert.All(findings, found => Assert.Equal(AuditSeverity.Violation, found.Finding.Severity));
    }

    [Fact]
    public void Every_rule_is_broken_by_a_history() =>
        Assert.Empty(AuditRules.All.Select(rule => rule.Name).Except(Broken.Select(one => one.Rule)));

    [Fact]
    public void Rules_have_names_of_their_own() =>
        Assert.Equal(AuditRules.All.Count, AuditRules.All.Select(rule => rule.Name).Distinct().Count());

    static AuditInput Sound => AuditCase.Of(AuditCase.Sound);

    static IReadOnlyList<RuledFinding> Find(AuditInput input) => AuditRules.Examine(input).Findings;

    static AuditInput Interrupted(IReadOnlyList<Line> lines, Func<AuditInput, AuditInput> change) =>
        With([.. lines.Where(line => line.Event is not JournalEvent.SwarmEnded)], change);

    static AuditInput With(IReadOnlyList<Line> lines, Func<AuditInput, AuditInput> change) =>
        change(AuditCase.Of(lines));

    static AuditInput Lines(Func<Line, Line> change) => AuditCase.Of([.. AuditCase.Sound.Select(change)]);

    /// <summary>Of several the last one is replaced: the first is what the rest of the history builds on.</summary>
    static AuditInput Replace<T>(Func<T, bool> which, Func<T, T> change) where T : JournalEvent
    {
        var last = AuditCase.Sound.Last(line => line.Event is T one && which(one));
        return Lines(line => ReferenceEquals(line, last) ? line with { Event = change((T)line.Event) } : line);
    }

    static AuditInput Without<T>(Func<T, bool>? which = null, string? bead = null) where T : JournalEvent =>
        AuditCase.Of([.. AuditCase.Sound.Where(line =>
            line.Event is not T one || which?.Invoke(one) == false || (bead is not null && line.Bead != bead))]);

    static AuditInput After<T>(Line line, int nth = 0, Line? more = null) where T : JournalEvent =>
        Insert<T>(line, nth, 1, more);

    static AuditInput Before<T>(Line line) where T : JournalEvent => Insert<T>(line, 0, 0, null);

    static AuditInput Insert<T>(Line line, int nth, int offset, Line? more) where T : JournalEvent
    {
        var lines = AuditCase.Sound.ToList();
        var at = lines.IndexOf(lines.Where(one => one.Event is T).ElementAt(nth)) + offset;
        lines.InsertRange(at, more is null ? [line] : [line, more]);
        return AuditCase.Of(lines);
    }

    static AuditInput Moved<TMoved, TBehind>() where TMoved : JournalEvent where TBehind : JournalEvent
    {
        var lines = AuditCase.Sound.ToList();
        var moved = lines.First(line => line.Event is TMoved);
        lines.Remove(moved);
        lines.Insert(lines.FindIndex(line => line.Event is TBehind) + 1, moved);
        return AuditCase.Of(lines);
    }

    static AuditInput Journal(Func<IReadOnlyList<JournalEntry>, IReadOnlyList<JournalEntry>> change) =>
        Sound with { Store = Sound.Store with { Journal = change(Sound.Store.Journal) } };

    static AuditInput Bead(string id, Func<BeadWork, BeadWork> change) => Sound with
    {
        Store = Sound.Store with
        {
            Beads = [.. Sound.Store.Beads.Select(bead => bead.Id.Value == id ? change(bead) : bead)],
        },
    };

    static AuditInput Runs(Func<StageRun, StageRun> change) =>
        Sound with { Store = Sound.Store with { Runs = [change(Sound.Store.Runs[0]), .. Sound.Store.Runs.Skip(1)] } };

    static AuditInput Landings(Func<LandingEntry, LandingEntry> change) =>
        Sound with { Store = Sound.Store with { Landings = [.. Sound.Store.Landings.Select(change)] } };

    static AuditInput Target(Func<AuditedTarget, AuditedTarget> change) =>
        Sound with { Target = change(Sound.Target!) };

    /// <summary>The landing is of a batch whose commit lies on the given one.</summary>
    static AuditInput Batched(string parent)
    {
        var sound = Replace<JournalEvent.LandingIntended>(
            _ => true, intended => intended with { BatchBase = "b0", BatchCommit = "j1" });
        return sound with
        {
            Target = sound.Target! with
            {
                Commits = [.. sound.Target.Commits, new TargetCommit("j1", parent, "t1", [], [])],
            },
        };
    }

    static AuditInput Commits(Func<TargetCommit, TargetCommit> change) =>
        Target(target => target with { Commits = [.. target.Commits.Select(change)] });

    static AuditInput Tracked(string id, Func<Bead, Bead> change)
    {
        var beads = Sound.Tracker!.Beads.ToDictionary();
        beads[BeadId.Parse(id)] = change(beads[BeadId.Parse(id)]);
        return Sound with { Tracker = Sound.Tracker with { Beads = beads } };
    }

    static AuditInput Around(AuditedSurroundings surroundings) => Sound with { Surroundings = surroundings };
}
