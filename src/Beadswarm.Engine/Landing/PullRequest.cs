namespace Beadswarm.Landing;

/// <summary>The pull request of a landing, in mode pull-request.</summary>
/// <param name="Branch">Of the remote; found by it, never by text.</param>
/// <param name="Head">What was proposed with it: no other commit of that branch is merged.</param>
/// <param name="Waits">What it waits for, in a few words for people.</param>
sealed record PullRequest(int Number, string Url, string Branch, string Head, string Waits);
