using Beadswarm.Storage.Postgres;

namespace Beadswarm.Tests.Storage.Postgres;

/// <summary>Addresses as people write them, and as they are shown: never with the password.</summary>
public sealed class PostgresAddressTests
{
    [Theory]
    [InlineData("postgres://ann:secret@db.example:6543/swarm", "postgres://ann@db.example:6543/swarm")]
    [InlineData("postgresql://ann@db.example/swarm", "postgres://ann@db.example/swarm")]
    [InlineData("postgres://ann:s%40cret@[::1]:6543/swarm?sslmode=verify-full", "postgres://ann@[::1]:6543/swarm")]
    [InlineData("postgres:///swarm?host=/run/pg&schema=other", "postgres://me@/swarm?host=/run/pg&schema=other")]
    [InlineData("postgres://localhost/swarm?pooler=transaction", "postgres://me@localhost/swarm")]
    [InlineData("postgres://ann:secret@a:5433,[::1],c/swarm", "postgres://ann@a:5433,[::1],c/swarm")]
    [InlineData("postgres://a,b/swarm?port=1,2&schema=o", "postgres://me@a:1,b:2/swarm?schema=o")]
    [InlineData("postgres:///swarm?host=/a,/b&port=1,2", "postgres://me@/swarm?host=/a,/b&port=1,2")]
    [InlineData("postgres:///swarm?host=/a,/b&port=1", "postgres://me@:1/swarm?host=/a,/b")]
    public void An_address_is_shown_without_its_password(string text, string shown)
    {
        var place = Parse(text);

        Assert.Equal(shown, place.ToString());
        Assert.DoesNotContain("cret", place.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void What_the_address_does_not_say_the_environment_does()
    {
        var place = Parse("postgres://db/swarm", ("PGPASSWORD", "secret"), ("PGSSLMODE", "require"));

        Assert.Contains("Password=secret", place.ConnectionString(true), StringComparison.Ordinal);
        Assert.Contains("SSL Mode=Require", place.ConnectionString(true), StringComparison.Ordinal);
        Assert.Contains(
            "Passfile=/a/b", Parse("postgres://db/swarm", ("PGPASSFILE", "/a/b")).ConnectionString(true),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Of_several_servers_each_is_tried_by_itself_and_only_one_that_takes_writes_will_do()
    {
        var place = Parse("postgres://a,b:6543/swarm");

        Assert.True(place.Writable);
        Assert.Equal(["a 5432", "b 6543"], place.Servers.Select(server => $"{server.Host} {server.Port}"));
        Assert.All(place.Servers, server => Assert.DoesNotContain(
            ",", server.ConnectionString(keepStatements: false), StringComparison.Ordinal));
        Assert.False(Parse("postgres://a/swarm").Writable);
        Assert.True(Parse("postgres://a/swarm?target_session_attrs=primary").Writable);
    }

    [Fact]
    public void Behind_a_pooler_no_statement_is_kept_in_a_session()
    {
        Assert.Contains(
            "Max Auto Prepare=0", Parse("postgres://db/swarm?pooler=transaction").ConnectionString(true),
            StringComparison.Ordinal);
        Assert.Contains(
            "Max Auto Prepare=200", Parse("postgres://db/swarm").ConnectionString(true), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("mysql://ann:secret@db/swarm", "begins with postgres://")]
    [InlineData("postgres://ann:secret@db", "is postgres://[user[:password]@]host[:port][,host[:port]...]/database")]
    [InlineData("postgres://ann:secret@a,b/swarm?port=1,2,3", "3 ports for 2 hosts")]
    [InlineData("postgres://ann:secret@a/swarm?target_session_attrs=standby", "only 'read-write' and 'primary'")]
    [InlineData("postgres://ann:secret@db:99999/swarm", "'99999' is no port")]
    [InlineData("postgres://ann:secret@db/swarm?schema=Robert'", "no name of a schema")]
    [InlineData("postgres://ann:secret@db/swarm?sslmode=maybe", "'maybe' is no value of sslmode")]
    [InlineData("postgres://ann:secret@db/swarm?speed=fast", "unknown option 'speed'")]
    public void A_wrong_address_is_refused_without_its_password(string text, string message)
    {
        var refused = Assert.Throws<FormatException>(() => Parse(text));

        Assert.Contains(message, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", refused.Message, StringComparison.Ordinal);
    }

    static PostgresAddress Parse(string text, params (string Name, string Value)[] environment) =>
        PostgresAddress.Parse(
            text,
            environment.Prepend((Name: "PGUSER", Value: "me")).ToDictionary(one => one.Name, one => one.Value));
}
