using System.Text.Json;

namespace Beadswarm.EndToEnd.Tests.Support;

/// <summary>The last line of <c>run --format json</c>.</summary>
sealed record Summary(int Landed, int Blocked, int Pending, int Target, int Attempts, long DurationMs, int ExitCode)
{
    /// <summary>Holds the whole output to its contract: objects with a type, the summary last and only there.</summary>
    public static Summary Of(Output output)
    {
        var lines = output.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.True(lines.Length > 0, $"no output: {output}");
        foreach (var line in lines[..^1])
        {
            using var entry = JsonDocument.Parse(line);
            Assert.NotEqual("summary", entry.RootElement.GetProperty("type").GetString());
        }

        using var last = JsonDocument.Parse(lines[^1]);
        var json = last.RootElement;
        Assert.Equal(
            ["type", "landed", "blocked", "pending", "target", "attempts", "durationMs", "exitCode"],
            json.EnumerateObject().Select(field => field.Name));
        Assert.Equal("summary", json.GetProperty("type").GetString());
        var summary = new Summary(
            json.GetProperty("landed").GetInt32(), json.GetProperty("blocked").GetInt32(),
            json.GetProperty("pending").GetInt32(), json.GetProperty("target").GetInt32(),
            json.GetProperty("attempts").GetInt32(), json.GetProperty("durationMs").GetInt64(),
            json.GetProperty("exitCode").GetInt32());
        Assert.Equal(summary.ExitCode, output.ExitCode);
        return summary;
    }
}
