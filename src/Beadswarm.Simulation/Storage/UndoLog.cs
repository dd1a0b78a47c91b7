namespace Beadswarm.Simulation.Storage;

/// <summary>How to take back what was changed since the last point of no return.</summary>
sealed class UndoLog
{
    readonly List<Action> _steps = [];

    public int Position => _steps.Count;

    public void Add(Action step) => _steps.Add(step);

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
