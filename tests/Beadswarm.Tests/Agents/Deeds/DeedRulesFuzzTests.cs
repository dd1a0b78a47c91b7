using System.Text;
using Beadswarm.Agents.Deeds;
using Beadswarm.Tests.Support;

namespace Beadswarm.Tests.Agents.Deeds;

/// <summary>A model writes whatever it likes where a shell script is expected.</summary>
public sealed class DeedRulesFuzzTests
{
    static readonly DeedGround Ground = new() { Workspace = "/w", Folder = "/w", Branch = "agent-1/b" };

    [Fact]
    public Task Any_script_is_allowed_or_refused_in_one_line() =>
        new Fuzz<string?>(
            FuzzInputs.Of(
                "git add -A && git commit -q -m 'a'; git -C x push", "A=1 env -u B sh -c \"git stash\" > x 2>&1",
                "cat <<-'EOF' | bash <<X; ls\n\tx $(git push) `ls`\nEOF\n${Y:-z}\nX\n", "(cd ..; rm -rf ~/x) &",
                "for i in a b; do echo \"$i\" >> $OUT/x; done # end"),
            "$(", "`", "<<E\n", "'", "\"", "(", "{", "; ", "env ", "sh -c '", "git ", "a=1 ", "a <<E; ", "\\", "${",
            "cd x;")
        {
            Read = input => DeedRules.Refusal(new Deed.Runs(Encoding.UTF8.GetString(input.Bytes)), Ground),
            Refused = refusal => refusal,
            Holds = (_, refusal) => Assert.DoesNotContain('\n', refusal ?? ""),
            Count = 1500,

            // A path, and where it leads, for every few bytes of redirections.
            AllocatedPerByteMax = 1024,
        }.RunAsync();
}
