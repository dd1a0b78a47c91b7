using Beadswarm.EndToEnd.Tests;
using Beadswarm.EndToEnd.Tests.Chaos;
using Beadswarm.Tests.Support;

[assembly: TestCollectionOrderer(typeof(RunOrder))]

namespace Beadswarm.EndToEnd.Tests;

/// <summary>The classes that take a minute and more.</summary>
sealed class RunOrder() : LongestFirst(
    typeof(NodeTests), typeof(KillAtEveryBoundaryTests), typeof(EffectDeathTests), typeof(GitDeathTests),
    typeof(RandomDeathTests), typeof(BatchDeathTests));
