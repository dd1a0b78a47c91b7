namespace Beadswarm.Simulation.Storage;

/// <summary>How to take back what was changed since the last point of no return.</summary>
sealed class UndoLog
{
    readonly List<Action> _steps = [];

    public int Position => _steps.Count;

    /// <summary>How many changes were ever made, whether they were taken back or not.</summary>
    public long Made { get; private set; }

    public void Add(Action step)
    {
        Made++;
        _steps.Add(step);
    }

    /// <summary>Takes back everything that was changed after this position, the last change first.</summary>
    public void RollBackTo(int position)
    {
        for (var i = _steps.Count - 1; i >= position; i--)
        {
            _steps[i]();
        }

        _steps.RemoveRange(position, _steps.Count - position);
    }

    /// <summary>What was changed so far is not taken back any more.</summary>
    public void Forget() => _steps.Clear();
}
