using Beadswarm.Pipelines;

namespace Beadswarm.Tests.Pipelines;

public sealed class SuggestionTests
{
    [Theory]
    [InlineData("sttaus", "status")]
    [InlineData("statsu", "status")]
    [InlineData("histroy", "history")]
    [InlineData("rn", "run")]
    [InlineData("frobnicate", null)]
    [InlineData("", null)]
    public void The_nearest_word_is_offered_only_when_it_is_near(string word, string? expected) =>
        Assert.Equal(expected, Suggestion.For(word, ["status", "history", "run", "queue"]));
}
