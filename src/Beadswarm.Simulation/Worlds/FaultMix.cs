namespace Beadswarm.Simulation.Worlds;

/// <summary>
/// Which faults happen in one run. Not all at once: some runs have a single kind, because the others would hide what it
/// does, and some have none.
/// </summary>
/// <param name="Eagerness">How many times as often as usual everything happens.</param>
sealed record FaultMix(IReadOnlySet<FaultKind> Kinds, double Eagerness = 1)
{
    const double NoneRate = 0.05;
    const double SingleRate = 0.3;

    /// <summary>Those that not every world can have: which do is decided when the world is known.</summary>
    static readonly FaultKind[] DrawnByThemselves =
        [FaultKind.StoreAway, FaultKind.TrackerPush, FaultKind.PersonSteersQueue];

    public static readonly FaultMix None = new(new HashSet<FaultKind>());

    public static FaultMix Draw(Chance chance)
    {
        var all = Enum.GetValues<FaultKind>().Except(DrawnByThemselves).ToArray();
        var drawn = chance.Fraction();
        if (drawn < NoneRate)
        {
            return None;
        }

        if (drawn < NoneRate + SingleRate)
        {
            return Of(chance.Pick(all));
        }

        // How wild it is differs too, from two or three kinds to nearly all of them.
        var share = 0.1 + (0.7 * chance.Fraction());
        return new FaultMix(all.Where(_ => chance.Happens(share)).ToHashSet());
    }

    public FaultMix And(FaultKind kind) => this with { Kinds = Kinds.Append(kind).ToHashSet() };

    public static FaultMix Of(params FaultKind[] kinds) => new(kinds.ToHashSet());

    /// <summary>How often a fault strikes at a single operation, where it does so.</summary>
    public double RateAt(FaultKind kind) => Eagerness * kind switch
    {
        FaultKind.Crash => 0.0015,
        FaultKind.Pause or FaultKind.TakeOver => 0.0004,
        FaultKind.StoreFailsBefore or FaultKind.StoreFailsAfter => 0.003,
        FaultKind.StoreIsSlow => 0.005,
        FaultKind.GitFails => 0.005,
        FaultKind.PushAnswerLost or FaultKind.PushArrivesLate => 0.15,
        FaultKind.TrackerAnswerLost => 0.05,
        FaultKind.AgentNotStarted => 0.05,
        FaultKind.GateFlaky => 0.03,
        FaultKind.GateWithoutVerdict => 0.1,
        FaultKind.GateSlow => 0.05,
        _ => 0,
    };

    /// <summary>How long it takes on average until it happens again, where it happens by itself.</summary>
    public TimeSpan? PauseBetween(FaultKind kind) => UsualPause(kind) / Eagerness;

    static TimeSpan? UsualPause(FaultKind kind) => kind switch
    {
        FaultKind.Crash => TimeSpan.FromMinutes(12),
        FaultKind.MachineRestarts => TimeSpan.FromMinutes(40),
        FaultKind.Pause => TimeSpan.FromMinutes(10),
        FaultKind.TakeOver => TimeSpan.FromMinutes(15),
        FaultKind.ClockJumps or FaultKind.StoreClockJumps => TimeSpan.FromMinutes(15),
        FaultKind.DiskFull => TimeSpan.FromMinutes(30),
        FaultKind.RemoteAway or FaultKind.RemoteRefuses => TimeSpan.FromMinutes(20),
        FaultKind.ForeignPush => TimeSpan.FromMinutes(6),
        FaultKind.ForeignRevert => TimeSpan.FromMinutes(25),
        FaultKind.CheckoutInTheWay => TimeSpan.FromMinutes(15),
        FaultKind.TrackerAway => TimeSpan.FromMinutes(20),
        FaultKind.PersonEdits => TimeSpan.FromMinutes(5),
        FaultKind.PersonCommands => TimeSpan.FromMinutes(15),
        FaultKind.PersonWorksOnBranch => TimeSpan.FromMinutes(10),
        FaultKind.StoreAway => TimeSpan.FromMinutes(12),
        FaultKind.TrackerPush => TimeSpan.FromMinutes(8),
        FaultKind.PersonSteersQueue => TimeSpan.FromMinutes(10),
        _ => null,
    };

    public override string ToString() => Kinds.Count == 0 ? "no faults"
        : string.Join(", ", Kinds) + (Eagerness == 1 ? "" : string.Create(
            System.Globalization.CultureInfo.InvariantCulture, $", {Eagerness} times as often as usual"));
}
