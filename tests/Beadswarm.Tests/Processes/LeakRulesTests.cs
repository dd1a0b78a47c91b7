using Beadswarm.Processes;

namespace Beadswarm.Tests.Processes;

/// <summary>Whose a process is, case by case. The orchestrator is 100 in session 50, started from a shell 50.</summary>
public sealed class LeakRulesTests
{
    const int Self = 100;
    const int Leader = 200;

    static readonly FamilyTraits Family = new()
    {
        Tag = "swarm/bead/1/implement",
        Leader = Leader,
        Since = 1000,
        Ours = true,
        Folders = ["/repo/workspaces/1", "/repo/sessions/a"],
    };

    static readonly FamilyTraits Other = new()
    {
        Tag = "swarm/other/2/implement",
        Leader = 300,
        Since = 2000,
        Ours = true,
        Folders = ["/repo/workspaces/2"],
    };

    static readonly SeenProcess[] Above =
    [
        Process(1, 0, 1, at: 0), Process(50, 1, 50, at: 10), Process(Self, 50, 50, at: 900),
    ];

    [Fact]
    public void The_leader_and_its_session_belong_to_it() =>
        Check([Leader, 201], Process(Leader, Self, Leader), Process(201, 1, Leader), Process(202, 1, 202));

    [Fact]
    public void A_leader_whose_id_may_be_another_processs_by_now_says_nothing() =>
        Check([], Family with { Leader = null }, [], Process(Leader, Self + 1, Leader));

    [Fact]
    public void A_tag_or_a_mark_is_enough() => Check(
        [400, 401],
        Process(400, 1, 400, tag: Family.Tag),
        Process(401, 1, 401, mark: ProcessMark.Of(Family.Tag)),
        Process(402, 1, 402, tag: Other.Tag),
        Process(403, 1, 403, mark: ProcessMark.Of(Other.Tag)));

    [Fact]
    public void Descendants_belong_to_it_whatever_they_carry() => Check(
        [Leader, 400, 401],
        Process(Leader, Self, Leader), Process(400, Leader, 400), Process(401, 400, 401, tag: "another/swarm"));

    [Fact]
    public void A_session_begun_by_a_member_belongs_to_it() => Check(
        [400, 401], Process(400, 1, 399, tag: Family.Tag), Process(401, 1, 399));

    [Fact]
    public void A_session_of_somebody_who_is_still_there_does_not() => Check(
        [400], Process(399, 1, 399), Process(400, 399, 399, tag: Family.Tag), Process(401, 399, 399));

    [Fact]
    public void Our_own_session_does_not_even_if_a_member_is_in_it() =>
        Check([400], Process(400, 1, 50, tag: Family.Tag));

    [Fact]
    public void Who_was_seen_before_is_recognised_by_id_and_start()
    {
        var known = Family with { Known = new HashSet<(int, long)> { (400, 5000), (401, 5000) } };

        Check([400], known, [], Process(400, 1, 400, at: 5000), Process(401, 1, 401, at: 6000));
    }

    [Fact]
    public void What_has_ended_is_no_member_and_hides_nobody() => Check(
        [401], Process(400, Self, 400, tag: Family.Tag) with { Entry = Entry(400, Self, 400, 3000, zombie: true) },
        Process(401, 400, 401));

    [Fact]
    public void Neither_we_nor_whom_we_descend_from_is_ever_a_member() => Check(
        [],
        Family with { Known = new HashSet<(int, long)> { (1, 0), (50, 10), (Self, 900) } },
        []);

    [Fact]
    public void An_orphan_without_signs_belongs_where_it_stands() => Check(
        [400, 401],
        Family, [Other],
        Process(400, Self, 400, places: new("/repo/workspaces/1/src", [])),
        Process(401, Self, 401, places: new("/", ["/repo/sessions/a/stdout.log"])),
        Process(402, Self, 402, places: new("/repo/workspaces/2", [])));

    [Fact]
    public void A_folder_with_a_longer_name_is_another_one() => Check(
        [], Family, [Other], Process(400, Self, 400, places: new("/repo/workspaces/11", [])));

    [Fact]
    public void An_orphan_without_any_hint_is_ended_by_the_last_family_that_is_old_enough()
    {
        var orphan = Process(400, Self, 400, at: 3000);

        Check([], Family, [Other], orphan);
        Check([], Other, [Family], orphan);
        Check([400], Family, [], orphan);
        Check([400], Family, [Other with { Since = 3001 }], orphan);
        Check([], Other with { Since = 3001 }, [], orphan);
    }

    [Fact]
    public void An_orphan_that_another_family_knows_is_not_ours() => Check(
        [], Family, [Other with { Since = 9000, Known = new HashSet<(int, long)> { (400, 3000) } }],
        Process(400, Self, 400));

    [Fact]
    public void What_we_started_ourselves_is_no_orphan() => Check(
        [], Family, [], new HashSet<int> { 400 }, Process(400, Self, 400));

    [Fact]
    public void What_the_runtime_started_shares_our_session_and_is_no_orphan() =>
        Check([], Process(400, Self, 50));

    [Fact]
    public void The_daemon_of_a_command_is_no_orphan() =>
        Check([], Process(400, Self, 400, tag: ProcessSweep.CommandTag));

    [Fact]
    public void An_orphan_of_another_swarm_is_that_swarms_affair() =>
        Check([], Process(400, Self, 400, mark: ProcessMark.Of("another/bead")));

    [Fact]
    public void Of_a_family_that_an_earlier_orchestrator_started_no_orphan_is_guessed() => Check(
        [400], Family with { Ours = false }, [],
        Process(400, Self, 400, places: new("/repo/workspaces/1", [])), Process(401, Self, 401));

    [Theory]
    [InlineData(true, true, false, null, false, null)]
    [InlineData(false, true, false, null, true, "another user")]
    [InlineData(true, true, true, null, false, "terminal")]
    [InlineData(true, false, false, null, false, "started it")]
    [InlineData(true, true, false, "SSH_CONNECTION", false, "SSH_CONNECTION")]
    [InlineData(true, false, true, "TMUX", true, null)]
    public void A_stranger_in_a_folder_of_ours_is_left_alone_wherever_a_person_may_be_behind_it(
        bool sameUser, bool abandoned, bool terminal, string? personal, bool writesToOurs, string? spared)
    {
        var reason = LeakRules.SparedBecause(new Stranger(sameUser, abandoned, terminal, personal, writesToOurs));

        Assert.Equal(spared is null, reason is null);
        Assert.Contains(spared ?? "", reason ?? "", StringComparison.Ordinal);
    }

    [Fact]
    public void A_login_is_recognised_by_its_variables()
    {
        Assert.Equal("TMUX", LeakRules.PersonalVariable(["PATH", "TMUX", "HOME"]));
        Assert.Null(LeakRules.PersonalVariable(["PATH", "HOME", "LANG", "BEADSWARM_AGENT"]));
    }

    [Fact]
    public void Marks_differ_by_tag_and_agree_by_swarm()
    {
        var (one, two) = (ProcessMark.Of("swarm/a/1/implement"), ProcessMark.Of("swarm/a/2/implement"));

        Assert.NotEqual(one, two);
        Assert.True(ProcessMark.IsOfSwarm(one, "swarm/") && ProcessMark.IsOfSwarm(two, "swarm"));
        Assert.False(ProcessMark.IsOfSwarm(one, "swarn/"));
        Assert.InRange(one, 1UL << 35, (1UL << 63) - 1);
    }

    static void Check(int[] expected, params SeenProcess[] table) => Check(expected, Family, [], table);

    static void Check(int[] expected, FamilyTraits family, FamilyTraits[] others, params SeenProcess[] table) =>
        Check(expected, family, others, new HashSet<int>(), table);

    static void Check(
        int[] expected, FamilyTraits family, FamilyTraits[] others, HashSet<int> spawned, params SeenProcess[] table)
    {
        var household = new Household(Self, 50, 0, spawned, others);

        var members = LeakRules.MembersOf(family, [.. Above, .. table], household, []);

        Assert.Equal(expected, members.Select(member => member.Pid).Order());
    }

    static SeenProcess Process(
        int pid, int parent, int session, long at = 3000, string? tag = null, ulong mark = 0,
        ProcessPlaces? places = null) =>
        new(Entry(pid, parent, session, at), tag, mark, places ?? ProcessPlaces.Unknown);

    static ProcessEntry Entry(int pid, int parent, int session, long at, bool zombie = false) =>
        new(pid, parent, session, session, at, zombie, Terminal: false, Kernel: false);
}
