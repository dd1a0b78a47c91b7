using Beadswarm.Simulation.Storage;
using Beadswarm.Storage;
using Beadswarm.Tests.Support;

namespace Beadswarm.Tests.Storage;

/// <summary>Nodes as the simulation has them.</summary>
public sealed class InMemoryNodeTests : NodeConformance
{
    private protected override Task<IStore> OpenAsync(FakeTime time) =>
        Task.FromResult<IStore>(new InMemoryStore(new InMemoryDatabase(time)));
}
