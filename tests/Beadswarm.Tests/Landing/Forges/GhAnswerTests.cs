using System.Text;
using Beadswarm.Landing.Forges;
using Beadswarm.Tests.Support;

namespace Beadswarm.Tests.Landing.Forges;

/// <summary>What gh prints of an answer, and what of it is a trouble.</summary>
public sealed class GhAnswerTests
{
    static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000);

    [Theory]
    [InlineData("HTTP/1.1 200 OK\n\n{}", "", "none")]
    [InlineData("HTTP/2.0 204 No Content\r\n\r\n", "", "none")]
    [InlineData("HTTP/1.1 502 Bad Gateway\n\n", "invalid character '<'", "Away: HTTP 502")]
    [InlineData(
        "",
        "Get \"https://forge/\": dial tcp: connection refused",
        "Away: Get \"https://forge/\": dial tcp: connection refused")]
    [InlineData("", "", "Away: gh gave no answer")]
    [InlineData(
        "",
        "To get started with GitHub CLI, please run:  gh auth login",
        "Unauthorized: To get started with GitHub CLI, please run:  gh auth login")]
    [InlineData(
        "HTTP/1.1 401 Unauthorized\n\n{\"message\":\"Bad credentials\"}",
        "",
        "Unauthorized: HTTP 401: Bad credentials")]
    [InlineData(
        "HTTP/1.1 403 Forbidden\n\n{\"message\":\"Resource not accessible\"}",
        "",
        "Unauthorized: HTTP 403: Resource not accessible")]
    [InlineData("HTTP/1.1 404 Not Found\n\n{\"message\":\"Not Found\"}", "", "Unauthorized: HTTP 404: Not Found")]
    [InlineData(
        "HTTP/1.1 422 Said\n\n{\"message\":\"Validation Failed\",\"errors\":[{\"message\":\"No commits\"},\"bad\"]}",
        "",
        "Refused: HTTP 422: Validation Failed: No commits: bad")]
    [InlineData(
        "HTTP/1.1 403 Forbidden\nX-RateLimit-Remaining: 0\nX-RateLimit-Reset: 1800000600\n\n{}",
        "",
        "RateLimited 600: HTTP 403")]
    [InlineData("HTTP/1.1 403 Forbidden\nRetry-After: 7\n\n{}", "", "RateLimited 7: HTTP 403")]
    [InlineData("HTTP/1.1 429 Too Many\n\n{}", "", "RateLimited 60: HTTP 429")]
    [InlineData(
        "HTTP/1.1 403 Forbidden\n\n{\"message\":\"You have exceeded a secondary rate limit\"}",
        "",
        "RateLimited 60: HTTP 403: You have exceeded a secondary rate limit")]
    [InlineData(
        "HTTP/1.1 429 Too Many\nX-RateLimit-Remaining: 0\nX-RateLimit-Reset: 5\n\n{}",
        "",
        "RateLimited 60: HTTP 429")]
    public void Refusals_outages_and_limits_are_told_apart(string stdout, string stderr, string trouble) =>
        Assert.Equal(trouble, Say(ForgeTroubleRules.Of(GhAnswer.Read(Encoding.UTF8.GetBytes(stdout), stderr), Now)));

    [Theory]
    [InlineData("https://github.com/owner/project.git", "github.com/owner/project")]
    [InlineData("https://user:token@forge.example:8443/owner/project/", "forge.example:8443/owner/project")]
    [InlineData("git@github.com:owner/project.git", "github.com/owner/project")]
    [InlineData("ssh://git@forge.example:2222/owner/project", "forge.example/owner/project")]
    [InlineData("https://forge.example/group/sub/project", null)]
    [InlineData("/srv/git/project.git", null)]
    [InlineData("../origin.git", null)]
    [InlineData("file:///srv/git/owner/project", null)]
    public void A_remotes_url_names_host_owner_and_repository(string url, string? address) =>
        Assert.Equal(address, ForgeAddress.OfRemote(url)?.ToString());

    [Theory]
    [InlineData("owner/project", "github.com/owner/project")]
    [InlineData("forge.example:8443/owner/project", "forge.example:8443/owner/project")]
    [InlineData("project", null)]
    [InlineData("/project", null)]
    [InlineData("a/b/c/d", null)]
    public void The_configured_address_may_leave_the_host_out(string text, string? address) =>
        Assert.Equal(address, ForgeAddress.Parse(text)?.ToString());

    [Fact]
    public Task Any_bytes_of_gh_are_an_answer_or_a_trouble_with_words() =>
        new Fuzz<(GhAnswer Answer, int Views)>(
            FuzzInputs.Of(
                """
                HTTP/1.1 200 OK
                Content-Type: application/json

                {"data":{"repository":{"p7":{"number":7,"url":"u","state":"OPEN","isDraft":false,"headRefOid":"h",
                "mergeable":"MERGEABLE","mergeStateStatus":"CLEAN","reviewDecision":null,"mergeCommit":{"oid":"m"},
                "commits":{"nodes":[{"commit":{"oid":"h","statusCheckRollup":{"contexts":{"nodes":[
                {"__typename":"CheckRun","name":"n","status":"COMPLETED","conclusion":"FAILURE","text":"\ud83d\ude00"},
                {"__typename":"StatusContext","context":"c","state":"ERROR"}]}}}}]},
                "latestOpinionatedReviews":{"nodes":[{"state":"APPROVED","author":null,"commit":{"oid":"h"}}]},
                "timelineItems":{"nodes":[{"actor":{"login":"ann"}}]}},"p8":null}},"errors":[{"type":"NOT_FOUND"}]}
                """,
                "HTTP/1.1 403 Forbidden\r\nX-RateLimit-Remaining: 0\r\nX-RateLimit-Reset: 1\r\n\r\n{\"message\":\"m\"}",
                "HTTP/1.1 502 Bad\n\n<html>", ""),
            "HTTP/1.1 ", "\"nodes\":[", "\"number\":7,", "null", "\"state\":\"MERGED\"", "Retry-After: 99\n")
        {
            Read = input =>
            {
                var answer = GhAnswer.Read(input.Bytes, "");
                _ = GitHubViews.OfRest(answer.Body);
                return (answer, GitHubViews.Read(answer.Body).Count);
            },
            Refused = read => Say(ForgeTroubleRules.Of(read.Answer, Now)) is not "none" and var said ? said : null,
            AllocatedPerByteMax = 256,
        }.RunAsync();

    static string Say(ForgeTrouble? trouble) => trouble switch
    {
        null => "none",
        ForgeTrouble.RateLimited limited =>
            $"RateLimited {(limited.Until - Now).TotalSeconds:0}: {limited.Reason}",
        ForgeTrouble.Away away => $"Away: {away.Reason}",
        ForgeTrouble.Unauthorized unauthorized => $"Unauthorized: {unauthorized.Reason}",
        ForgeTrouble.Refused refused => $"Refused: {refused.Reason}",
    };
}
