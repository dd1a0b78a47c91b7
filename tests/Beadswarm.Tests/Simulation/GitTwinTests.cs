using System.Globalization;
using Beadswarm.Claims;
using Beadswarm.Git;
using Beadswarm.Landing;
using Beadswarm.Tests.Landing;
using Beadswarm.Workspaces;

namespace Beadswarm.Tests.Simulation;

/// <summary>
/// Random histories on real and on simulated git at once: every answer of the seams is compared, with the ids of one
/// translated into those of the other.
/// </summary>
[Trait("Speed", "slow")]
public sealed class GitTwinTests
{
    const int Operations = 30;
    const int Agents = 3;

    static CancellationToken Cancel => LandingWorld.Cancel;

    [Theory]
    [InlineData(1, false)]
    [InlineData(2, true)]
    public async Task Real_and_simulated_git_answer_alike(int seed, bool hasRemote)
    {
        (string Path, string Text)[] files = [.. Enumerable.Range(0, 5).Select(i => (Name(i), Text(Name(i), 0)))];
        using var real = hasRemote ? await LandingSetup.RemoteAsync(files) : await LandingSetup.LocalAsync(files);
        using var simulated = new SimulatedSetup(hasRemote, files: files);
        var run = new Run(new Random(seed), real, simulated);
        await run.BeginAsync();
        for (var i = 0; i < Operations; i++)
        {
            await run.StepAsync(string.Create(CultureInfo.InvariantCulture, $"seed {seed}, operation {i}"));
        }
    }

    static string Name(int number) => $"{(number % 2 == 0 ? "" : "dir/")}{number}.txt";

    // One line that no other path has: git would follow a file that moved, and bring together changes of several lines.
    static string Text(string path, int value) => $"{path} is {value} in one line of its own\n";

    /// <summary>One history, and the pairs of commits that stand for each other.</summary>
    sealed class Run(Random random, LandingSetup real, SimulatedSetup simulated)
    {
        readonly List<(CommitId Real, CommitId Simulated)> _commits = [];
        readonly Dictionary<CommitId, CommitId> _simulatedOf = [];
        readonly List<(int Tip, int Candidate)> _candidates = [];
        int _beads;

        public async Task BeginAsync() =>
            await PairAsync(await real.TargetAsync(), await simulated.TargetAsync(), "the first commit");

        public Task StepAsync(string where) => random.Next(8) switch
        {
            0 or 1 => WorkAsync(where),
            2 or 3 => MergeAsync(where),
            4 => AdvanceAsync(where),
            5 => ForeignAsync(where),
            6 => ObserveAsync(where),
            _ => LeftoversAsync(where),
        };

        /// <summary>An agent goes on from some commit, or begins anew, and commits.</summary>
        async Task WorkAsync(string where)
        {
            var (start, agent, bead) = (_commits[Some()], random.Next(1, Agents + 1), $"bd-{random.Next(1, 5)}");
            var files = Files();
            var one = await real.Workspaces.AcquireAsync(LandingWorld.Request(agent, start.Real, bead), Cancel);
            var other = await simulated.Workspaces.AcquireAsync(
                LandingWorld.Request(agent, start.Simulated, bead), Cancel);
            Assert.Equal((where, one.Branch), (where, other.Branch));
            await PairAsync(
                await real.CommitAsync(one.Path, where, files), await simulated.CommitAsync(other.Path, where, files),
                where);
        }

        async Task MergeAsync(string where)
        {
            var (tip, head, bead) = (Some(), Some(), $"bd-{++_beads}");
            var style = random.Next(4) == 0 ? MergeStyle.Squash : MergeStyle.MergeCommit;
            var one = await real.MergeAsync(_commits[tip].Real, _commits[head].Real, bead, style);
            var other = await simulated.MergeAsync(_commits[tip].Simulated, _commits[head].Simulated, bead, style);
            Assert.Equal((where, Shown(one)), (where, Shown(other)));
            if (one is MergeOutcome.Clean clean)
            {
                await PairAsync(clean.Candidate, ((MergeOutcome.Clean)other).Candidate, where);
                _candidates.Add((tip, _commits.Count - 1));
                await ChangesAsync(tip, _commits.Count - 1, where);
            }
        }

        async Task ChangesAsync(int from, int to, string where)
        {
            var one = await real.Lander.ChangesAsync(_commits[from].Real, _commits[to].Real, Cancel);
            var other = await simulated.Lander.ChangesAsync(_commits[from].Simulated, _commits[to].Simulated, Cancel);
            Assert.Equal(
                (where, string.Join(' ', one.Select(change => $"{change.OldMode} {change.NewMode} {change.Path}"))),
                (where, string.Join(' ', other.Select(change => $"{change.OldMode} {change.NewMode} {change.Path}"))));
        }

        async Task AdvanceAsync(string where)
        {
            if (_candidates.Count == 0)
            {
                return;
            }

            var (tip, candidate) = _candidates[random.Next(_candidates.Count)];
            var one = await real.AdvanceAsync(_commits[tip].Real, _commits[candidate].Real);
            var other = await simulated.AdvanceAsync(_commits[tip].Simulated, _commits[candidate].Simulated);
            Assert.Equal(
                (where, one.GetType(), Translated((one as AdvanceOutcome.LostRace)?.Actual)),
                (where, other.GetType(), (other as AdvanceOutcome.LostRace)?.Actual));
            await TargetAsync(where);
        }

        async Task ForeignAsync(string where)
        {
            var files = Files();
            var (one, other) = (await real.ForeignAsync(where, files), await simulated.ForeignAsync(where, files));
            Assert.Equal((where, one), (where, await real.Lander.TipAsync(Cancel)));
            Assert.Equal((where, other), (where, await simulated.Lander.TipAsync(Cancel)));
            await PairAsync(one, other, where);
        }

        async Task ObserveAsync(string where)
        {
            if (_candidates.Count == 0)
            {
                return;
            }

            var candidate = _commits[_candidates[random.Next(_candidates.Count)].Candidate];
            string[] paths = random.Next(2) == 0 ? [] : [Name(random.Next(7))];
            var one = await real.Lander.ObserveAsync(candidate.Real, paths, Cancel);
            var other = await simulated.Lander.ObserveAsync(candidate.Simulated, paths, Cancel);
            Assert.Equal((where, Shown(one, translate: true)), (where, Shown(other, translate: false)));
        }

        /// <summary>An agent edits, perhaps where it should not, and what it left is brought onto its branch.</summary>
        async Task LeftoversAsync(string where)
        {
            var agent = new AgentNumber(random.Next(1, Agents + 1));
            var workspace = await simulated.Workspaces.FindAsync(agent, Cancel);
            var realWorkspace = await real.Workspaces.FindAsync(agent, Cancel);
            Assert.Equal((where, realWorkspace?.Branch), (where, workspace?.Branch));
            if (workspace is null || realWorkspace is null)
            {
                return;
            }

            if (random.Next(2) == 0)
            {
                var at = _commits[Some()];
                await real.DetachAsync(realWorkspace.Path, at.Real);
                await simulated.DetachAsync(workspace.Path, at.Simulated);
            }

            foreach (var (path, text) in Files())
            {
                real.Write(realWorkspace.Path, path, text);
                simulated.Write(workspace.Path, path, text);
            }

            var one = await real.Workspaces.CommitLeftoversAsync(realWorkspace, where, LandingWorld.When, Cancel);
            var other = await simulated.Workspaces.CommitLeftoversAsync(workspace, where, LandingWorld.When, Cancel);
            Assert.Equal((where, Shown(one)), (where, Shown(other)));
            await PairAsync(one.Head, other.Head, where);
        }

        async Task TargetAsync(string where) => Assert.Equal(
            (where, Translated(await real.TargetAsync())), (where, await simulated.TargetAsync()));

        /// <summary>At this point: both sides say that this is the same commit.</summary>
        async Task PairAsync(CommitId one, CommitId other, string where)
        {
            Assert.Equal((where, Shown(await real.FilesAsync(one))), (where, Shown(await simulated.FilesAsync(other))));
            if (_simulatedOf.TryAdd(one, other))
            {
                _commits.Add((one, other));
            }
            else
            {
                Assert.Equal((where, _simulatedOf[one]), (where, other));
            }
        }

        int Some() => random.Next(Math.Max(0, _commits.Count - 12), _commits.Count);

        (string Path, string? Text)[] Files() => [.. Enumerable.Range(0, random.Next(1, 3))
            .Select(_ => Name(random.Next(7))).Distinct()
            .Select(path => (path, random.Next(4) == 0 ? null : Text(path, random.Next(4))))];

        CommitId? Translated(CommitId? one) => one is { } id ? _simulatedOf.GetValueOrDefault(id) : null;

        static string Shown(IReadOnlyDictionary<string, string> files) =>
            string.Concat(files.OrderBy(file => file.Key, StringComparer.Ordinal).Select(file => file.Value));

        static string Shown(MergeOutcome outcome) => outcome switch
        {
            MergeOutcome.Clean => "clean",
            MergeOutcome.Empty => "empty",
            MergeOutcome.Conflict conflict => string.Join('\n',
                [.. conflict.Files.Select(file => $"{file.Path} {file.Kind}"),
                    .. conflict.OtherSide.Select(side => $"{side.Subject} {side.Bead}")]),
        };

        string Shown(Observation observation, bool translate)
        {
            CommitId? Id(CommitId id) => translate ? Translated(id) : id;

            return observation switch
            {
                Observation.Present present => $"present at {Id(present.Tip)}",
                Observation.Absent absent => $"absent at {Id(absent.Tip)}",
                Observation.PresentButChangedSince seen =>
                    $"at {Id(seen.Tip)} seen at {Id(seen.SeenAt)}, changed {string.Join(' ', seen.Paths)}",
            };
        }

        static string Shown(LeftoverOutcome outcome) => outcome switch
        {
            LeftoverOutcome.Nothing => "nothing",
            LeftoverOutcome.Committed committed => $"committed {Shown(committed.Files)}",
            LeftoverOutcome.Moved moved => $"moved {Shown(moved.Files)} from {moved.From}, {moved.Contested}",
            LeftoverOutcome.Kept kept => $"kept {Shown(kept.Files)}",
        };

        static string Shown(IEnumerable<string> files) => string.Join(' ', files.Order(StringComparer.Ordinal));
    }
}
