using Beadswarm.Git;
using Beadswarm.Workspaces;

namespace Beadswarm.Landing;

/// <summary>
/// How one of the user's remotes is reached from another repository of this machine: as the user's own git reaches it.
/// </summary>
/// <param name="Configuration">What the user's repository says about transport: a token in CI, a proxy.</param>
sealed record RemoteAddress(
    string FetchUrl, string PushUrl, IReadOnlyList<(string Name, string Value)> Configuration)
{
    public static async Task<RemoteAddress> FindAsync(
        UserRepository user, string remote, CancellationToken cancellationToken)
    {
        var git = user.Repository;
        var fetchUrl = (await git.RunAsync(GitCall.Of("remote", "get-url", remote), cancellationToken)).Line;
        var pushUrl = (await git.RunAsync(GitCall.Of("remote", "get-url", "--push", remote), cancellationToken)).Line;
        var settings = await git.RunAsync(
            GitCall.Of(
                "config", "--local", "-z", "--get-regexp",
                    @"^(http|https|credential|core\.sshcommand|ssh|protocol)(\.|$)")
                .Answering(0, 1),
            cancellationToken);
        var configuration = settings.Fields.Select(field => field.Split('\n', 2))
            .Select(pair => (pair[0], pair.ElementAtOrDefault(1) ?? "true")).ToArray();
        return new RemoteAddress(Absolute(user, fetchUrl), Absolute(user, pushUrl), configuration);
    }

    // A remote given as a relative path is relative to the user's repository.
    static string Absolute(UserRepository user, string url) =>
        url.StartsWith('.') ? Path.GetFullPath(url, user.Root)
        : !url.Contains(':', StringComparison.Ordinal) && !Path.IsPathRooted(url) ? Path.GetFullPath(url, user.Root)
        : url;
}
