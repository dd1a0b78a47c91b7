namespace Beadswarm.Tests.Landing;

/// <summary>Real git, the target a branch of the user's repository.</summary>
public sealed class LocalLandingTests : LandingConformance
{
    private protected override async Task<LandingWorld> OpenAsync(params (string Path, string Text)[] files) =>
        await LandingSetup.LocalAsync(files);
}

/// <summary>Real git, the target on a remote.</summary>
public sealed class RemoteLandingTests : LandingConformance
{
    private protected override async Task<LandingWorld> OpenAsync(params (string Path, string Text)[] files) =>
        await LandingSetup.RemoteAsync(files);
}

/// <summary>Simulated git, the target a branch of the user's repository.</summary>
public sealed class SimulatedLocalLandingTests : LandingConformance
{
    private protected override Task<LandingWorld> OpenAsync(params (string Path, string Text)[] files) =>
        Task.FromResult<LandingWorld>(new SimulatedSetup(hasRemote: false, files: files));
}

/// <summary>Simulated git, the target on a remote.</summary>
public sealed class SimulatedRemoteLandingTests : LandingConformance
{
    private protected override Task<LandingWorld> OpenAsync(params (string Path, string Text)[] files) =>
        Task.FromResult<LandingWorld>(new SimulatedSetup(hasRemote: true, files: files));
}

/// <summary>A checkout of real git.</summary>
public sealed class CheckoutTests : CheckoutConformance
{
    private protected override async Task<LandingWorld> OpenAsync(params (string Path, string Text)[] files) =>
        await LandingSetup.LocalAsync(files);
}

/// <summary>A simulated checkout.</summary>
public sealed class SimulatedCheckoutTests : CheckoutConformance
{
    private protected override Task<LandingWorld> OpenAsync(params (string Path, string Text)[] files) =>
        Task.FromResult<LandingWorld>(new SimulatedSetup(hasRemote: false, files: files));
}

/// <summary>A remote of real git.</summary>
public sealed class RemoteTests : RemoteConformance
{
    private protected override async Task<LandingWorld> OpenAsync(params (string Path, string Text)[] files) =>
        await LandingSetup.RemoteAsync(files);
}

/// <summary>A simulated remote.</summary>
public sealed class SimulatedRemoteTests : RemoteConformance
{
    private protected override Task<LandingWorld> OpenAsync(params (string Path, string Text)[] files) =>
        Task.FromResult<LandingWorld>(new SimulatedSetup(hasRemote: true, files: files));
}
