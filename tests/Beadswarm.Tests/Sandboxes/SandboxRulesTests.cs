using Beadswarm.Sandboxes;

namespace Beadswarm.Tests.Sandboxes;

public sealed class SandboxRulesTests
{
    static readonly SandboxRequest Plain = new()
    {
        Policy = new SandboxPolicy(Network: true, [".claude", ".claude.json"], [".cargo/bin"]),
        Home = "/home/ada",
        AlwaysHidden = ["/home", "/run", "/tmp"],
        Programs = ["/usr/bin/agent"],
        PathFolders = ["/usr/bin"],
        Ground = new SandboxGround(
            ["/home/ada/app", "/home/ada/app/.git"],
            ["/home/ada/app/.git/objects", "/home/ada/app/.beadswarm/workspaces/1/.git"],
            ["/home/ada/app/.beadswarm/workspaces/1"]),
    };

    [Fact]
    public void Parents_are_hidden_before_what_is_in_them_is_shown() => Check(
        """
        empty /home
        empty /run
        empty /tmp
        empty /home/ada
        write /home/ada/.claude
        write /home/ada/.claude.json
        empty /home/ada/app
        read  /home/ada/.cargo/bin
        read  /home/ada/.claude/CLAUDE.md
        read  /home/ada/.claude/agents
        read  /home/ada/.claude/commands
        read  /home/ada/.claude/hooks
        read  /home/ada/.claude/plugins
        read  /home/ada/.claude/settings.json
        read  /home/ada/.claude/settings.local.json
        read  /home/ada/.claude/skills
        read  /home/ada/.claude/statusline.sh
        empty /home/ada/app/.git
        read  /home/ada/app/.git/objects
        write /home/ada/app/.beadswarm/workspaces/1
        read  /home/ada/app/.beadswarm/workspaces/1/.git
        """,
        Plain);

    [Fact]
    public void What_is_not_there_is_neither_hidden_nor_shown() => Check(
        "empty /home\nempty /home/ada", Plain, path => path is "/home" or "/home/ada");

    [Theory]
    // A program of the home folder is shown with its folder, and one from npm with its packages.
    [InlineData("/home/ada/tools/agent/bin/agent", "", "read  /home/ada/tools/agent/bin")]
    [InlineData(
        "/home/ada/.npm/lib/node_modules/@x/agent/cli.js", "", "read  /home/ada/.npm/lib/node_modules")]
    // Never a folder that holds what is hidden: then the file alone.
    [InlineData("/home/ada/agent.sh", "", "read  /home/ada/agent.sh")]
    [InlineData("/home/ada/app/agent.sh", "", "read  /home/ada/app/agent.sh")]
    // What is on PATH, unless it is the agent's own.
    [InlineData("/usr/bin/agent", "/home/ada/.local/bin", "read  /home/ada/.local/bin")]
    [InlineData("/usr/bin/agent", "/home/ada/app/.beadswarm/workspaces/1/bin", null)]
    [InlineData("/usr/bin/agent", "/home/ada", null)]
    [InlineData("/usr/bin/agent", "/opt/bin", null)]
    public void A_program_is_shown_with_what_it_needs(string program, string folder, string? shown)
    {
        var request = Plain with
        {
            Policy = new SandboxPolicy(Network: true, [], []),
            Programs = [program],
            PathFolders = folder.Length == 0 ? [] : [folder],
        };
        var more = Show(request, _ => true).Except(Show(Plain with { Policy = request.Policy }, _ => true));

        Assert.Equal(shown is null ? [] : [shown], more);
    }

    [Fact]
    public void A_file_that_the_command_names_is_shown_alone() => Assert.Contains(
        "read  /home/ada/app/.beadswarm/agent.sh",
        Show(Plain with { Files = ["/home/ada/app/.beadswarm/agent.sh", "/etc/agent.conf"] }, _ => true));

    [Fact]
    public void What_the_swarm_keeps_to_itself_wins_over_what_the_user_shows_of_the_home_folder()
    {
        var mounts = Show(
            Plain with { Policy = new SandboxPolicy(Network: true, ["app/.git"], ["app"]) }, _ => true).ToList();

        // Everything of one path is decided once, and the last word is the swarm's where it has one.
        Assert.Equal(mounts.Distinct(), mounts);
        Assert.Contains("read  /home/ada/app/.git/objects", mounts);
        Assert.Contains("write /home/ada/app/.beadswarm/workspaces/1", mounts);
        Assert.Contains("read  /home/ada/app/.beadswarm/workspaces/1/.git", mounts);
    }

    [Theory]
    [InlineData(".cargo/bin", null)]
    [InlineData("/etc", "relative to the home folder")]
    [InlineData("~/.cargo", "without '~/'")]
    [InlineData("..", "'..'")]
    [InlineData(".cargo/../..", "'..'")]
    [InlineData(".", "'.'")]
    [InlineData("a//b", "empty part")]
    [InlineData("", "empty part")]
    public void An_entry_stays_in_the_home_folder(string entry, string? problem) =>
        AssertProblem(problem, SandboxRules.EntryProblem(entry));

    [Theory]
    [InlineData("/home/ada", null)]
    [InlineData("/root", null)]
    [InlineData(null, "not set")]
    [InlineData("", "not set")]
    [InlineData("home", "not an absolute path")]
    [InlineData("/", "a part of the system itself")]
    [InlineData("/usr", "a part of the system itself")]
    public void A_home_that_cannot_be_hidden_is_told(string? home, string? problem) =>
        AssertProblem(problem, SandboxRules.HomeProblem(home));

    [Fact]
    public void The_command_line_makes_the_mounts_and_then_becomes_the_program()
    {
        var launch = new SandboxLaunch(
            "/usr/bin/agent", ["-p"], "/w", Network: false,
            [new SandboxMount.Empty("/tmp"), new SandboxMount.Readable("/r"), new SandboxMount.Writable("/w")]);

        Assert.Equal(
            "--unshare-user-try --unshare-pid --unshare-ipc --unshare-uts --unshare-cgroup-try --unshare-net"
            + " --cap-drop ALL --die-with-parent --ro-bind / / --dev /dev --proc /proc"
            + " --ro-bind-try /proc/sys /proc/sys --ro-bind-try /proc/sysrq-trigger /proc/sysrq-trigger"
            + " --size 2147483648 --tmpfs /tmp --ro-bind /r /r --bind /w /w"
            + " --setenv TMPDIR /tmp --chdir /w -- /usr/bin/agent -p",
            string.Join(' ', new Bubblewrap("/usr/bin/bwrap", new Version(0, 8, 0)).Arguments(launch)));
        Assert.DoesNotContain("--size", new Bubblewrap("/b", new Version(0, 6, 1)).Arguments(launch));
        Assert.DoesNotContain(
            "--unshare-net", new Bubblewrap("/b", new Version(0, 8)).Arguments(launch with { Network = true }));
    }

    [Theory]
    [InlineData("kernel.unprivileged_userns_clone = 0", "sysctl -w kernel.unprivileged_userns_clone=1")]
    [InlineData("kernel.apparmor_restrict_unprivileged_userns = 1", "kernel.apparmor_restrict_unprivileged_userns=0")]
    [InlineData("user.max_user_namespaces = 0", "sysctl -w user.max_user_namespaces=15000")]
    [InlineData(null, "whoever starts the container")]
    public void What_forbids_a_sandbox_is_told_with_cause_value_and_remedy(string? setting, string remedy)
    {
        var trouble = SandboxTroubles.Explain(
            "bubblewrap 0.8.0", "bwrap: Creating new namespace failed: Operation not permitted", setting);

        Assert.Contains("bubblewrap 0.8.0 cannot make one here", trouble.Cause, StringComparison.Ordinal);
        Assert.Contains("Operation not permitted", trouble.Value, StringComparison.Ordinal);
        Assert.Contains(setting ?? "", trouble.Value, StringComparison.Ordinal);
        Assert.Contains(remedy, trouble.Remedy, StringComparison.Ordinal);
        Assert.Contains("sandbox: none", trouble.Remedy, StringComparison.Ordinal);
    }

    static void AssertProblem(string? expected, string? actual)
    {
        if (expected is null)
        {
            Assert.Null(actual);
        }
        else
        {
            Assert.Contains(expected, actual, StringComparison.Ordinal);
        }
    }

    static void Check(string expected, SandboxRequest request, Func<string, bool>? exists = null) =>
        Assert.Equal(expected.ReplaceLineEndings("\n").Split('\n'), Show(request, exists ?? (_ => true)));

    static IEnumerable<string> Show(SandboxRequest request, Func<string, bool> exists) =>
        SandboxRules.Mounts(request, exists).Select(mount => mount switch
        {
            SandboxMount.Empty => $"empty {mount.Path}",
            SandboxMount.Readable => $"read  {mount.Path}",
            SandboxMount.Writable => $"write {mount.Path}",
        });
}
