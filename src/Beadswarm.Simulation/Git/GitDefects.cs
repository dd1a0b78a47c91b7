namespace Beadswarm.Simulation.Git;

/// <summary>
/// Mistakes that a landing or a workspace could have, planted on purpose to show that the simulation catches them. None
/// is on unless a test says so.
/// </summary>
sealed record GitDefects
{
    /// <summary>The target is moved from wherever it is: what others landed meanwhile is gone.</summary>
    public bool NoCompareAndSwap { get; init; }

    /// <summary>A lander that was replaced still moves the target.</summary>
    public bool NoEpochFence { get; init; }

    /// <summary>A change counts as landed when its commit is an ancestor of the tip, whatever the files say.</summary>
    public bool ObserveByAncestryOnly { get; init; }

    /// <summary>Every change that is looked for is found.</summary>
    public bool ObserveAlwaysPresent { get; init; }

    /// <summary>A bead's branch is deleted although it holds commits that are nowhere else.</summary>
    public bool RemovalWithoutReachability { get; init; }

    /// <summary>What an agent left uncommitted or elsewhere is thrown away.</summary>
    public bool LeftoversDropped { get; init; }

    /// <summary>A conflict is settled in favour of the bead, and nobody is told.</summary>
    public bool MergeDropsOneSide { get; init; }

    /// <summary>The target is said to have moved, and has not.</summary>
    public bool AdvanceReportsMovedWithoutMoving { get; init; }

    /// <summary>What lands is not the candidate that was tested but another merge of the same two sides.</summary>
    public bool WrongTreeLanded { get; init; }

    /// <summary>What takes several landings in has the tree of the last but one.</summary>
    public bool JoinDropsLast { get; init; }

    /// <summary>A branch that starts anew lets go of the commits it had.</summary>
    public bool RestartDropsCommits { get; init; }

    /// <summary>A landing workspace keeps what was left in it by the candidate before.</summary>
    public bool CheckoutLeavesFiles { get; init; }
}
