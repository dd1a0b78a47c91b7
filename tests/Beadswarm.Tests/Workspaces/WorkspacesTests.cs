using Beadswarm.Tests.Landing;

namespace Beadswarm.Tests.Workspaces;

/// <summary>Workspaces of real git.</summary>
public sealed class WorkspacesTests : WorkspacesConformance
{
    private protected override async Task<LandingWorld> OpenAsync(params (string Path, string Text)[] files) =>
        await LandingSetup.LocalAsync(files);
}

/// <summary>Simulated workspaces.</summary>
public sealed class SimulatedWorkspacesTests : WorkspacesConformance
{
    private protected override Task<LandingWorld> OpenAsync(params (string Path, string Text)[] files) =>
        Task.FromResult<LandingWorld>(new SimulatedSetup(hasRemote: false, files: files));
}
