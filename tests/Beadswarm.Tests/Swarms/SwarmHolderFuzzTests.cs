using System.Text.Json;
using Beadswarm.Swarms;
using Beadswarm.Tests.Support;

namespace Beadswarm.Tests.Swarms;

/// <summary>The file that tells people who holds the lock.</summary>
public sealed class SwarmHolderFuzzTests
{
    [Fact]
    public Task Any_bytes_name_a_holder_or_nobody() =>
        new Fuzz<SwarmHolder?>(
            FuzzInputs.Of(
                JsonSerializer.Serialize(new SwarmHolder(4711, "node-a", DateTimeOffset.UnixEpoch)), "{}", "null",
                """{"Pid":1,"Node":null,"Since":"2026-01-31T12:00:00+02:00"}"""),
            "\"Pid\":", "\"Node\":null", "\"Since\":", "-1")
        {
            Read = input => SwarmHolder.Parse(input.Bytes),
            Refused = holder => holder is null ? "nobody" : null,
            Holds = (_, holder) =>
            {
                if (holder is not null)
                {
                    Assert.True(holder is { Pid: > 0, Node.Length: > 0, Verb.Length: > 0 });
                    Assert.Equal(holder, SwarmHolder.Parse(JsonSerializer.SerializeToUtf8Bytes(holder)));
                    Assert.Contains(holder.Node, new SwarmHeldException(holder).Message, StringComparison.Ordinal);
                }
            },
            Count = 3000,
        }.RunAsync();
}
