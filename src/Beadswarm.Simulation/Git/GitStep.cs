namespace Beadswarm.Simulation.Git;

/// <summary>
/// The points at which a git operation can be interrupted: between two changes that a crash would keep apart, and
/// before each look at what others may have changed. Behind the colon is what has just happened, or is about to.
/// </summary>
static class GitStep
{
    public const string TargetAsked = "target: about to look";
    public const string TargetFetched = "target: about to fetch";
    public const string RefsBegun = "refs: about to move";

    /// <summary>Verified and locked; whoever dies here may leave the locks behind.</summary>
    public const string RefsLocked = "refs: locked";

    /// <summary>One of them is moved. A second one of the same transaction is not.</summary>
    public const string RefMoved = "refs: one moved";

    public const string Merging = "merge: about to begin";
    public const string Observing = "observation: the tip is known";
    public const string CommitMade = "objects: a commit was made";

    public const string WorkAsked = "shared work: about to look";
    public const string WorkFetched = "shared work: about to fetch";

    public const string PushBegun = "push: about to be sent";

    /// <summary>On its way; it arrives although its sender dies, unless the world drops it.</summary>
    public const string PushSent = "push: sent";

    /// <summary>The remote has decided; the answer is on its way back.</summary>
    public const string PushArrived = "push: arrived";

    public const string CheckoutLocked = "user's checkout: index locked";
    public const string CheckoutHalf = "user's checkout: half of the files follow";
    public const string CheckoutFollowed = "user's checkout: files follow";
    public const string CheckoutSettled = "user's checkout: settled";

    public const string WorkspaceHalfMade = "workspace: half made";
    public const string WorkspaceMade = "workspace: made";
    public const string WorkspaceInspected = "workspace: inspected";
    public const string WorkspaceHalf = "workspace: half of the files changed";
    public const string WorkspaceSwitched = "workspace: switched";
    public const string WorkspaceNamed = "workspace: its branch is written down";
    public const string WorkspaceCleaned = "workspace: cleaned";
    public const string WorkspaceDetached = "workspace: HEAD let go of the branch";

    public const string CandidateHalf = "landing workspace: half of the files changed";
    public const string CandidateReady = "landing workspace: holds the candidate";
}

/// <summary>
/// Thrown out of a step of a push by whoever decides about the simulated network: its sender learns nothing. A push
/// that had not arrived stays under way.
/// </summary>
sealed class AnswerLostException(string reason) : Exception(reason);
