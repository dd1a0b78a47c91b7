using System.Globalization;

namespace Beadswarm.Benchmarks;

/// <summary>
/// What a user would write instead of a swarm: xargs, a work tree for each bead, the agent, the gate, a merge under a
/// lock, a push. It keeps no record, resumes nothing, and never tests the merged tree. Work trees are made and removed
/// one at a time, because otherwise git now and then fails on one that is half made.
/// </summary>
sealed class ShellLoop(Sandbox sandbox, BenchmarkProject project)
{
    string Script => sandbox["one.sh"];

    public async Task<Measurement> RunAsync(int agents)
    {
        await File.WriteAllTextAsync(
            Script,
            $$"""
            set -e
            export BEADSWARM_BEAD=$1
            tree={{sandbox["trees"]}}/$1
            flock {{sandbox["trees.lock"]}} git worktree add -q --no-track -b "loop/$1" "$tree" main
            cd "$tree"
            sh {{project.AgentScript}}
            {{BenchmarkProject.GateCommand}}
            cd {{project.Checkout}}
            flock {{sandbox["merge.lock"]}} \
              sh -ec 'git merge -q --no-ff -m "$1" "loop/$1"; git push -q origin main' - "$1"
            flock {{sandbox["trees.lock"]}} \
              sh -ec 'git worktree remove --force "$2"; git branch -q -D "loop/$1"' - "$1" "$tree"

            """);
        var list = sandbox["beads.txt"];
        await File.WriteAllLinesAsync(list, project.BeadIds);
        return await sandbox.RunAsync(
            project.Checkout, "xargs", "-a", list, "-P", agents.ToString(CultureInfo.InvariantCulture), "-n", "1",
            "sh", Script);
    }
}
