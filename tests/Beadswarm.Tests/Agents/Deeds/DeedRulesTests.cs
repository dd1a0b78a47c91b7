using Beadswarm.Agents.Deeds;

namespace Beadswarm.Tests.Agents.Deeds;

public sealed class DeedRulesTests
{
    const string Workspace = "/user/repo/.beadswarm/workspaces/1";

    [Theory]
    [InlineData("git push")]
    [InlineData("git push --force origin HEAD:main")]
    [InlineData("git -C x push")]
    [InlineData("git --no-pager -C . -c color.ui=never push")]
    [InlineData("/usr/bin/git push")]
    [InlineData("GIT_TERMINAL_PROMPT=0 git push")]
    [InlineData("env A=1 git push")]
    [InlineData("A=1 env -u B /usr/bin/env git push")]
    [InlineData("command git push")]
    [InlineData("nohup timeout -s KILL 5 git push &")]
    [InlineData("sudo -u me git push")]
    [InlineData("echo origin | xargs git push")]
    [InlineData("find . -name x -exec git push ;")]
    [InlineData("sh -c 'git push'")]
    [InlineData("bash -lc \"cd .. && git push\"")]
    [InlineData("bash -c \"sh -c 'git push'\"")]
    [InlineData("bash <<'EOF'\ngit push\nEOF")]
    [InlineData("bash <<< 'git push'")]
    [InlineData("eval 'git pu''sh'")]
    [InlineData("g\\it push")]
    [InlineData("'git' \"push\"")]
    [InlineData("X=push; git $X")]
    [InlineData("G=git; $G push")]
    [InlineData("$(which git) push")]
    [InlineData("`which git` push")]
    [InlineData("git $(echo push)")]
    [InlineData("true && git push")]
    [InlineData("false || git push")]
    [InlineData("(git push)")]
    [InlineData("{ git push; }")]
    [InlineData("if true; then git push; fi")]
    [InlineData("for i in 1; do git push; done")]
    [InlineData("echo \"$(git push)\"")]
    [InlineData("echo `git push`")]
    [InlineData("cat <(git push)")]
    [InlineData("cat <<EOF\n$(git push)\nEOF")]
    [InlineData("ls # quiet\ngit push")]
    [InlineData("git \\\n push")]
    [InlineData("git -c alias.x=push x")]
    [InlineData("git -c core.hooksPath=/dev/null commit -m x")]
    [InlineData("git x")]
    [InlineData("git config alias.x push")]
    [InlineData("git --git-dir=/user/repo/.git log")]
    [InlineData("GIT_DIR=/user/repo/.git git log")]
    [InlineData("export GIT_WORK_TREE=/user/repo")]
    [InlineData("GIT_CONFIG_COUNT=1 git status")]
    [InlineData("git commit --no-verify -m x")]
    [InlineData("git commit -anm x")]
    [InlineData("git rebase -x 'git push' HEAD~1")]
    [InlineData("git bisect run git push")]
    [InlineData("apply_patch <<'EOF'\n*** Begin Patch\n*** Add File: /user/repo/x\n+x\n*** End Patch\nEOF")]
    [InlineData("git stash")]
    [InlineData("git stash pop")]
    [InlineData("cd .. && git stash")]
    [InlineData("git reset --hard")]
    [InlineData("git reset HEAD~1 --hard")]
    [InlineData("git worktree add ../x")]
    [InlineData("git checkout main")]
    [InlineData("git checkout -b mine")]
    [InlineData("git checkout -")]
    [InlineData("git switch main")]
    [InlineData("git switch -c mine")]
    [InlineData("git switch --detach HEAD")]
    [InlineData("git branch mine")]
    [InlineData("git branch -D agent-2/b")]
    [InlineData("git branch -f main HEAD")]
    [InlineData("git tag v1")]
    [InlineData("git remote add o /x")]
    [InlineData("git remote set-url origin /x")]
    [InlineData("git update-ref refs/heads/main HEAD")]
    [InlineData("git symbolic-ref HEAD refs/heads/main")]
    [InlineData("git reflog expire --all")]
    [InlineData("git gc --prune=now")]
    [InlineData("git -C ../2 commit -m x")]
    [InlineData("git -C /user/repo clean -fdx")]
    [InlineData("cd ../2 && git add -A")]
    [InlineData("cd /user/repo; git clean -fd")]
    [InlineData("echo x > ../../../README")]
    [InlineData("echo x >> /etc/hosts")]
    [InlineData("echo x &> /user/repo/x")]
    [InlineData("echo x 2>/user/repo/x")]
    [InlineData("echo x >| /user/repo/x")]
    [InlineData("> .beads/issues.jsonl")]
    [InlineData("echo x | tee -a .beads/issues.jsonl")]
    [InlineData("cd src && echo x > ../.beads/issues.jsonl")]
    [InlineData("echo x > ./src/../.beads/issues.jsonl")]
    [InlineData("echo x > link/issues.jsonl")]
    [InlineData("echo x > out-of-here/x")]
    [InlineData("rm -rf .beadswarm")]
    [InlineData("rm -rf .git")]
    [InlineData("rm -rf ~/other")]
    [InlineData("rm -rf $HOME/other")]
    [InlineData("rm -rf /user/repo/src")]
    [InlineData("cp x /user/repo/x")]
    [InlineData("cp -t /user/repo x")]
    [InlineData("mv src/a /user/repo/")]
    [InlineData("ln -s /etc /user/repo/x")]
    [InlineData("sed -i s/a/b/ /user/repo/x")]
    [InlineData("dd if=x of=/user/repo/x")]
    [InlineData("mkdir -p /opt/x")]
    [InlineData("find . -exec rm /user/repo/x {} +")]
    [InlineData("cat > /tmp/repo/x")]
    public void Refused(string script) => Assert.NotNull(Run(script));

    [Theory]
    [InlineData("dotnet test")]
    [InlineData("git status && git diff HEAD~1 -- src")]
    [InlineData("git add -A && git commit -q -m 'a-1: git push is not used any more'")]
    [InlineData("git commit -am \"no: git stash\"")]
    [InlineData("git commit -F- <<'EOF'\nDo not\n\ngit push; git stash; rm -rf /user/repo\nEOF")]
    [InlineData("cat > notes.md <<'EOF'\n$(git push)\nEOF\ngit add notes.md")]
    [InlineData("git -C . log --oneline")]
    [InlineData("git -C /user/repo log")]
    [InlineData("cd /user/repo && git status")]
    [InlineData("(cd /tmp && ls); git commit -m x")]
    [InlineData("git -c user.name=x commit -m y")]
    [InlineData("git checkout -- src/a")]
    [InlineData("git checkout .")]
    [InlineData("git checkout HEAD~1 -- src/a")]
    [InlineData("git checkout src/there")]
    [InlineData("git checkout agent-1/b")]
    [InlineData("git switch agent-1/b")]
    [InlineData("git restore --staged .")]
    [InlineData("git reset HEAD~1")]
    [InlineData("git reset --soft HEAD~1")]
    [InlineData("git clean -fd")]
    [InlineData("git stash list")]
    [InlineData("git worktree list")]
    [InlineData("git branch --show-current")]
    [InlineData("git branch -a")]
    [InlineData("git tag --list")]
    [InlineData("git remote -v")]
    [InlineData("git config user.name")]
    [InlineData("git config --get user.name")]
    [InlineData("git rebase --continue")]
    [InlineData("git merge --abort")]
    [InlineData("git --version")]
    [InlineData("git")]
    [InlineData("echo git push")]
    [InlineData("echo 'git push' > notes.md")]
    [InlineData("grep -rn 'git stash' .")]
    [InlineData("cargo build > /dev/null 2>&1")]
    [InlineData("make 2>&1 | tail -n 5")]
    [InlineData("make 2>&- >&2")]
    [InlineData("echo x > /tmp/x && rm /tmp/x")]
    [InlineData("T=$(mktemp -d); echo x > $T/x; rm -rf $T")]
    [InlineData("cd \"$(git rev-parse --show-toplevel)\" && git add -A")]
    [InlineData("echo '# done' > \"$BEADSWARM_CONTEXT/contract.md\"")]
    [InlineData("printf x > $BEADSWARM_RESULT")]
    [InlineData("mkdir -p src/new && touch src/new/x && sed -i s/a/b/ src/new/x")]
    [InlineData("git init /tmp/x && cd /tmp/x && git commit --allow-empty -m x")]
    [InlineData("if [ $((1 + 2)) -eq 3 ]; then echo yes; fi")]
    [InlineData("case $x in a) ls;; esac")]
    [InlineData("$PYTHON tools/x.py")]
    [InlineData("echo \"unclosed")]
    [InlineData("echo $(unclosed")]
    [InlineData("")]
    public void Allowed(string script) => Assert.Null(Run(script));

    [Theory]
    [InlineData("src/a.cs", true)]
    [InlineData(Workspace + "/src/a.cs", true)]
    [InlineData("/tmp/note", true)]
    [InlineData("/user/repo/.beadswarm/sessions/s/out/result.json", true)]
    [InlineData("/user/repo/.beadswarm/sessions/s/claude-settings.json", false)]
    [InlineData("/user/repo/.beadswarm/workspaces/2/src/a.cs", false)]
    [InlineData("/user/repo/src/a.cs", false)]
    [InlineData("../1x/a", false)]
    [InlineData(".beads/issues.jsonl", false)]
    [InlineData("link/issues.jsonl", false)]
    [InlineData("out-of-here/x", false)]
    [InlineData("/owner/.claude/settings.json", false)]
    public void Files_are_written_where_they_belong(string path, bool allowed) =>
        Assert.Equal(allowed, DeedRules.Refusal(new Deed.Writes([path]), Ground) is null);

    [Fact]
    public void Work_stays_in_its_workspace_and_other_tools_are_free()
    {
        Assert.NotNull(DeedRules.Refusal(new Deed.Moves("EnterWorktree"), Ground));
        Assert.Null(DeedRules.Refusal(new Deed.Other("WebFetch"), Ground));
    }

    [Fact]
    public void Refusal_says_what_to_do_instead()
    {
        Assert.Equal(
            "nothing is pushed from a workspace: commit, and the swarm lands your branch", Run("sh -c 'git push'"));
        Assert.Equal(
            "this workspace stays on agent-1/b; files are taken back with 'git restore FILE' or "
                + "'git checkout -- FILE'",
            Run("git checkout main"));
        Assert.Equal(
            $"/etc/hosts is outside of your workspace {Workspace}: change files there only",
            Run("echo x >> /etc/hosts"));
    }

    [Fact]
    public void What_is_nested_too_deeply_or_too_long_is_not_run()
    {
        Assert.NotNull(Run(string.Concat(Enumerable.Repeat("$(", 40)) + "ls" + new string(')', 40)));
        Assert.NotNull(Run(new string('x', 1_000_000)));

        // What doubles with every step stays small, and what comes after it is looked at.
        Assert.NotNull(Run("a=xx;" + string.Concat(Enumerable.Repeat("a=$a$a;", 100)) + "git push"));
    }

    static string? Run(string script) => DeedRules.Refusal(new Deed.Runs(script), Ground);

    static readonly DeedGround Ground = new()
    {
        Workspace = Workspace,
        Branch = "agent-1/b",
        Folder = Workspace,
        Writable =
            ["/user/repo/.beadswarm/sessions/s/context", "/user/repo/.beadswarm/sessions/s/out", "/tmp"],
        Protected = ["/user/repo", "/tmp/repo"],
        Variables = new Dictionary<string, string>
        {
            ["HOME"] = "/owner",
            ["BEADSWARM_CONTEXT"] = "/user/repo/.beadswarm/sessions/s/context",
            ["BEADSWARM_RESULT"] = "/user/repo/.beadswarm/sessions/s/out/result.json",
        },
        RealPath = path => path.Replace($"{Workspace}/link", $"{Workspace}/.beads", StringComparison.Ordinal)
            .Replace($"{Workspace}/out-of-here", "/etc", StringComparison.Ordinal),
        Exists = path => path.EndsWith("/there", StringComparison.Ordinal),
    };
}
