using Beadswarm.Landing;

namespace Beadswarm.Tests.Landing;

public sealed class BisectionRulesTests
{
    [Fact]
    public void The_commit_that_broke_the_gate_is_found_in_as_many_tests_as_halving_takes()
    {
        for (var count = 1; count <= 70; count++)
        {
            for (var culprit = 0; culprit < count; culprit++)
            {
                var (found, tests) = Search(count, index => index < culprit, []);

                Assert.Equal(culprit, found);
                Assert.InRange(tests, 0, (int)Math.Ceiling(Math.Log2(count)));
            }
        }
    }

    [Fact]
    public void Whatever_is_known_is_used_and_what_is_found_fails_after_one_that_passes()
    {
        var random = new Random(20_261_128);
        for (var history = 0; history < 2000; history++)
        {
            var truth = Enumerable.Range(0, random.Next(1, 30)).Select(_ => random.Next(2) == 0).ToArray();
            truth[^1] = false;
            var known = Enumerable.Range(0, truth.Length).Where(_ => random.Next(3) == 0).ToArray();

            var (found, tests) = Search(truth.Length, index => truth[index], known);

            Assert.False(truth[found]);
            Assert.True(found == 0 || truth[found - 1]);
            Assert.InRange(tests, 0, truth.Length - 1 - known.Count(index => index < truth.Length - 1));
        }
    }

    static (int Found, int Tests) Search(int count, Func<int, bool> passes, int[] known)
    {
        var passed = new bool?[count];
        passed[^1] = false;
        foreach (var index in known)
        {
            passed[index] = passes(index);
        }

        for (var tests = 0; ; tests++)
        {
            switch (BisectionRules.Next(passed))
            {
                case BisectionStep.Found found:
                    return (found.Index, tests);
                case BisectionStep.Test test:
                    Assert.Null(passed[test.Index]);
                    passed[test.Index] = passes(test.Index);
                    break;
            }
        }
    }
}
