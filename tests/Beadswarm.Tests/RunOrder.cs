using Beadswarm.Tests;
using Beadswarm.Tests.Simulation;
using Beadswarm.Tests.Storage.Postgres;
using Beadswarm.Tests.Support;
using Beadswarm.Tests.Swarms;

[assembly: TestCollectionOrderer(typeof(RunOrder))]

namespace Beadswarm.Tests;

/// <summary>The classes that take half a minute and more.</summary>
sealed class RunOrder() : LongestFirst(
    typeof(SabotageTests), typeof(SimulationTests), typeof(PostgresFailoverTests), typeof(TargetWatchTests));
