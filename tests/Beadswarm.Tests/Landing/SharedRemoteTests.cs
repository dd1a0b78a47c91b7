using Beadswarm.Landing;

namespace Beadswarm.Tests.Landing;

public sealed class SharedRemoteTests
{
    [Theory]
    [InlineData("github.com/o/n", "git@github.com:o/n.git")]
    [InlineData("github.com/o/n", "https://token:x-oauth@github.com/O/n.git")]
    [InlineData("github.com/o/n", "ssh://git@github.com/o/n")]
    [InlineData("/srv/git/n", "/srv/git/n.git/")]
    [InlineData("/srv/git/n", "file:///srv/git/n.git")]
    [InlineData("example.org/a/b/c", "https://me:secret@example.org/a/b/c.git")]
    public void However_it_is_reached_one_repository_has_one_name_and_no_secret_is_in_it(string name, string url) =>
        Assert.Equal(name, SharedRemote.NameOf(url));
}
