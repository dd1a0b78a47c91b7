using Beadswarm.Processes;

namespace Beadswarm.Tests.Processes;

public sealed class RedactionTests
{
    [Fact]
    public void Values_of_variables_that_look_secret_are_replaced()
    {
        var secrets = Redaction.SecretsOf(new Dictionary<string, string>
        {
            ["MY_API_KEY"] = "abcdefgh",
            ["DB_PASSWORD"] = "abcdefgh-longer",
            ["SHORT_TOKEN"] = "true",
            ["SSH_AUTH_SOCK"] = "/run/agent.sock",
            ["EDITOR"] = "some-editor",
        });

        Assert.Equal(["abcdefgh-longer", "abcdefgh"], secrets);
        Assert.Equal("a [redacted] b [redacted] some-editor true",
            Redaction.Apply("a abcdefgh b abcdefgh-longer some-editor true", secrets));
    }

    [Theory]
    [InlineData("key sk-notarealkeyabcdefgh end", "key [redacted] end")]
    [InlineData("ghp_abcdefghijklmnopqrstuvwx", "[redacted]")]
    [InlineData("AKIAABCDEFGHIJKLMNOP", "[redacted]")]
    [InlineData("https://me:secret@host/x", "https://me:[redacted]@host/x")]
    [InlineData("Authorization: Bearer abcdefghijklmnop.q", "Authorization: Bearer [redacted]")]
    [InlineData("-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----\nrest", "[redacted]\nrest")]
    [InlineData("eyJhbGciOiJI.eyJzdWIiOiIx.c2lnbmF0dXJl", "[redacted]")]
    public void Common_tokens_are_replaced(string text, string expected) =>
        Assert.Equal(expected, Redaction.Apply(text, []));

    [Theory]
    [InlineData("the task-list of sk-learn and http://host:80/path")]
    [InlineData("a bearer of news; commit 2fd4e1c67a2d28fced849ee1bb76e7391b93eb12")]
    public void Innocent_text_stays(string text) => Assert.Equal(text, Redaction.Apply(text, []));
}
