using Beadswarm.Agents;
using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Gates;
using Beadswarm.Journal;
using Beadswarm.Landing;
using Beadswarm.Swarms;
using Microsoft.Data.Sqlite;

namespace Beadswarm.Storage.Sqlite;

/// <summary>
/// The store of one machine: one file, written by one thread of the process that owns it, read by anybody.
/// See README.md beside this file's folder for its rules and failures.
/// </summary>
sealed class SqliteStore : IStore
{
    readonly string _path;
    readonly TimeProvider _time;
    readonly SqliteWriter? _writer;
    readonly SqliteReaders _readers;

    SqliteStore(string path, TimeProvider time, SqliteWriter? writer, bool still)
    {
        _path = path;
        _time = time;
        _writer = writer;
        _readers = new SqliteReaders(path, still);
    }

    /// <summary>Opens the file for writing, makes it where it is missing, and migrates it where it is old.</summary>
    /// <exception cref="StoreException">The file is newer than the program, damaged, or cannot be written.</exception>
    public static Task<SqliteStore> OpenAsync(string path, TimeProvider time, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Create(path);
        return Task.FromResult(Open(path, time, writable: true, session =>
        {
            SqliteSchema.Migrate(session, path);
            return new SqliteWriter(path, session, time);
        }));
    }

    /// <summary>Opens the file for looking only, beside a process that owns it. Every write throws.</summary>
    /// <exception cref="StoreException">There is no such file, or this program cannot read it as it is.</exception>
    public static Task<SqliteStore> OpenReadOnlyAsync(
        string path, TimeProvider time, CancellationToken cancellationToken) =>
        OpenToReadAsync(path, time, still: false, cancellationToken);

    /// <summary>
    /// As <see cref="OpenReadOnlyAsync"/>, but everything that is read comes from one moment, that of the first
    /// question, however much its owner writes meanwhile. To be closed soon: the owner's log of changes cannot be
    /// folded back into the file as long as it is open.
    /// </summary>
    public static Task<SqliteStore> OpenStillAsync(
        string path, TimeProvider time, CancellationToken cancellationToken) =>
        OpenToReadAsync(path, time, still: true, cancellationToken);

    static Task<SqliteStore> OpenToReadAsync(
        string path, TimeProvider time, bool still, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return Task.FromResult(Open(
            path, time, writable: false,
            session =>
            {
                SqliteSchema.Require(session, path);
                session.Dispose();
                return null;
            },
            still));
    }

    public Task<SwarmRecord> BeginSwarmAsync(SwarmBegin begin, CancellationToken cancellationToken) =>
        Write((session, now) => SwarmOperations.Begin(session, now, begin), cancellationToken);

    public Task<WriteOutcome> SetSwarmStatusAsync(
        SwarmEpoch epoch, SwarmStatus status, string? reason, CancellationToken cancellationToken) =>
        Write((session, now) => SwarmOperations.SetStatus(session, now, epoch, status, reason), cancellationToken);

    public Task<SwarmRecord?> ReadSwarmAsync(CancellationToken cancellationToken) =>
        Read(session => session.First("SelectSwarm", Rows.Swarm), cancellationToken);

    public Task<WriteOutcome> SetAgentStatusAsync(
        SwarmEpoch epoch, AgentNumber agent, AgentStatus status, string? reason, CancellationToken cancellationToken) =>
        Write(
            (session, now) => SwarmOperations.SetAgentStatus(session, now, epoch, agent, status, reason),
            cancellationToken);

    public Task<IntakeResult> UpdateBacklogAsync(
        SwarmEpoch epoch, IReadOnlyList<BacklogEntry> entries, int attemptsAllowed,
        CancellationToken cancellationToken) =>
        Write(
            (session, now) => SwarmOperations.UpdateBacklog(session, now, epoch, entries, attemptsAllowed),
            cancellationToken);

    public Task<Claim?> ClaimNextAsync(SwarmEpoch epoch, ClaimRequest request, CancellationToken cancellationToken) =>
        Write((session, now) => ClaimOperations.Next(session, now, epoch, request), cancellationToken);

    public Task<Claim?> AdoptClaimAsync(
        SwarmEpoch epoch, ClaimKey old, TimeSpan lease, CancellationToken cancellationToken) =>
        Write((session, now) => ClaimOperations.Adopt(session, now, epoch, old, lease), cancellationToken);

    public Task<IReadOnlyList<ClaimKey>> RenewAsync(
        IReadOnlyList<ClaimKey> claims, TimeSpan lease, CancellationToken cancellationToken) =>
        Write((session, now) => ClaimOperations.Renew(session, now, claims, lease), cancellationToken);

    public Task<WriteOutcome> ReleaseAsync(
        ClaimKey claim, BeadTransition.Free to, string reason, CancellationToken cancellationToken) =>
        Write((session, now) => ClaimOperations.Release(session, now, claim, to, reason), cancellationToken);

    public Task<IReadOnlyList<ExpiredClaim>> ReapExpiredAsync(
        SwarmEpoch epoch, IReadOnlyList<AgentNumber> except, CancellationToken cancellationToken) =>
        Write((session, now) => ClaimOperations.ReapExpired(session, now, epoch, except), cancellationToken);

    public Task<StageRunId?> StartStageAsync(ClaimKey claim, StageStart start, CancellationToken cancellationToken) =>
        Write((session, now) => StageOperations.Start(session, now, claim, start), cancellationToken);

    public Task<WriteOutcome> RecordProcessAsync(
        ClaimKey claim, StageRunId run, AgentProcess process, CancellationToken cancellationToken) =>
        Write((session, now) => StageOperations.RecordProcess(session, now, claim, run, process), cancellationToken);

    public Task<WriteOutcome> FinishStageAsync(
        ClaimKey claim, StageFinish finish, BeadTransition transition, CancellationToken cancellationToken) =>
        Write((session, now) => StageOperations.Finish(session, now, claim, finish, transition), cancellationToken);

    public Task<IReadOnlyList<OpenStage>> ReadOpenStagesAsync(CancellationToken cancellationToken) =>
        List("SelectOpenStages", Rows.OpenStage, cancellationToken);

    public Task<GateResult?> FindGateResultAsync(string tree, string recipe, CancellationToken cancellationToken) =>
        Read(
            session => session.First("FindGateResult", Rows.GateResult, ("tree", tree), ("recipe", recipe)),
            cancellationToken);

    public Task RecordGateResultAsync(BeadId? bead, GateResult result, CancellationToken cancellationToken) =>
        Write((session, now) => StageOperations.RecordGate(session, now, bead, result), cancellationToken);

    public Task<int?> ReadBaselineAsync(string gate, CancellationToken cancellationToken) =>
        Read(session => session.First("SelectBaseline", row => row.Number(0), ("gate", gate)), cancellationToken);

    public Task LowerBaselineAsync(string gate, int count, CancellationToken cancellationToken) =>
        Write((session, now) => StageOperations.LowerBaseline(session, now, gate, count), cancellationToken);

    public Task<IReadOnlyList<LandingEntry>> ReadQueueAsync(CancellationToken cancellationToken) =>
        List("SelectQueue", Rows.Landing, cancellationToken);

    public Task<WriteOutcome> IntendLandingAsync(
        SwarmEpoch epoch, LandingId landing, LandingIntent intent, CancellationToken cancellationToken) =>
        Write((session, now) => LandingOperations.Intend(session, now, epoch, landing, intent), cancellationToken);

    public Task<WriteOutcome> VoidLandingAsync(
        SwarmEpoch epoch, LandingId landing, string reason, CancellationToken cancellationToken) =>
        Write((session, now) => LandingOperations.Void(session, now, epoch, landing, reason), cancellationToken);

    public Task<WriteOutcome> RecordIntegratedAsync(
        SwarmEpoch epoch, LandingId landing, string commit, CancellationToken cancellationToken) =>
        Write((session, now) => LandingOperations.Integrate(session, now, epoch, landing, commit), cancellationToken);

    public Task<WriteOutcome> CompleteLandingAsync(
        SwarmEpoch epoch, LandingId landing, LandingProof proof, CancellationToken cancellationToken) =>
        Write((session, now) => LandingOperations.Complete(session, now, epoch, landing, proof), cancellationToken);

    public Task<WriteOutcome> LeaveLandingAsync(
        SwarmEpoch epoch, LandingId landing, string branch, CancellationToken cancellationToken) =>
        Write((session, now) => LandingOperations.Leave(session, now, epoch, landing, branch), cancellationToken);

    public Task<WriteOutcome> ReturnLandingAsync(
        SwarmEpoch epoch, LandingId landing, string reason, BeadTransition transition,
        IReadOnlyList<NewArtifact> artifacts, CancellationToken cancellationToken) =>
        Write(
            (session, now) => LandingOperations.Return(session, now, epoch, landing, reason, transition, artifacts),
            cancellationToken);

    public Task<EffectId?> IntendEffectAsync(
        SwarmEpoch epoch, NewEffect effect, CancellationToken cancellationToken) =>
        Write((session, now) => EffectOperations.Intend(session, now, epoch, effect), cancellationToken);

    public Task<WriteOutcome> SettleEffectAsync(
        SwarmEpoch epoch, EffectId effect, string outcome, CancellationToken cancellationToken) =>
        Write((session, now) => EffectOperations.Settle(session, now, epoch, effect, outcome), cancellationToken);

    public Task<IReadOnlyList<OpenEffect>> ReadOpenEffectsAsync(CancellationToken cancellationToken) =>
        List("SelectEffects", Rows.Effect, cancellationToken);

    public Task<IReadOnlyList<OutboxEntry>> ReadOutboxAsync(CancellationToken cancellationToken) =>
        List("SelectOutbox", Rows.Outbox, cancellationToken, ("limit", OutboxRules.ReadMax));

    public Task ConfirmOutboxAsync(SwarmEpoch epoch, IReadOnlyList<long> ids, CancellationToken cancellationToken) =>
        Write((session, now) => LandingOperations.ConfirmOutbox(session, now, epoch, ids), cancellationToken);

    public Task<WriteOutcome> RetryAsync(
        BeadId bead, BeadTransition.Free to, int furtherAttempts, CancellationToken cancellationToken) =>
        Write((session, now) => ClaimOperations.Retry(session, now, bead, to, furtherAttempts), cancellationToken);

    public Task<WriteOutcome> ForceReleaseAsync(BeadId bead, string reason, CancellationToken cancellationToken) =>
        Write((session, now) => ClaimOperations.ForceRelease(session, now, bead, reason), cancellationToken);

    public Task AppendAsync(
        BeadId? bead, AgentNumber? agent, JournalEvent entry, CancellationToken cancellationToken) =>
        Write(
            (session, now) =>
            {
                session.Append(now, bead, agent, entry);
                return true;
            },
            cancellationToken);

    public Task<StatusSnapshot> ReadStatusAsync(CancellationToken cancellationToken) =>
        Read(
            session =>
            {
                var swarm = session.First("SelectSwarm", Rows.Swarm);
                var agents = session.All("SelectAgents", Rows.AgentSnapshot);
                return session.First(
                    "SelectCounts",
                    row => new StatusSnapshot(
                        swarm, row.GetInt32(0), row.GetInt32(3), row.GetInt32(4), row.GetInt32(5), row.GetInt32(1),
                        row.GetInt32(6), row.GetInt32(7), row.GetInt32(2), row.MaybeAt(8), agents),
                    ("now", _time.GetUtcNow()))!; // an aggregate always has one row
            },
            cancellationToken);

    public Task<IReadOnlyList<BeadWork>> ReadBeadsAsync(CancellationToken cancellationToken) =>
        List("SelectBeads", Rows.BeadWork, cancellationToken);

    public Task<BeadWork?> ReadBeadAsync(BeadId bead, CancellationToken cancellationToken) =>
        Read(session => session.First("SelectBead", Rows.BeadWork, ("bead", bead)), cancellationToken);

    public Task<IReadOnlyList<StageRun>> ReadHistoryAsync(
        BeadId? bead, AgentNumber? agent, int limit, CancellationToken cancellationToken) =>
        List(
            "SelectHistory", Rows.StageRun, cancellationToken,
            ("bead", bead?.Value), ("agent", agent?.Value), ("limit", limit));

    public Task<IReadOnlyList<LandingEntry>> ReadLandingsAsync(BeadId? bead, CancellationToken cancellationToken) =>
        List("SelectLandings", Rows.Landing, cancellationToken, ("bead", bead?.Value));

    public Task<IReadOnlyList<StoredArtifact>> ReadArtifactsAsync(BeadId bead, CancellationToken cancellationToken) =>
        List("SelectArtifacts", Rows.Artifact, cancellationToken, ("bead", bead));

    public Task<IReadOnlyList<JournalEntry>> ReadJournalAsync(
        long after, BeadId? bead, int limit, CancellationToken cancellationToken) =>
        bead is null
            ? List("SelectJournal", Rows.Journal, cancellationToken, ("after", after), ("limit", limit))
            : List(
                "SelectJournalOfBead", Rows.Journal, cancellationToken,
                ("bead", bead), ("after", after), ("limit", limit));

    /// <summary>Bounds the size of the file; what would exceed it fails as on a full disk.</summary>
    public Task LimitPagesAsync(int pages, CancellationToken cancellationToken) =>
        Write(
            (session, _) => session.Scalar(string.Create(
                System.Globalization.CultureInfo.InvariantCulture, $"PRAGMA max_page_count = {pages}")),
            cancellationToken);

    public async ValueTask DisposeAsync()
    {
        _readers.Dispose();
        if (_writer is not null)
        {
            await _writer.DisposeAsync();
        }
    }

    static SqliteStore Open(
        string path, TimeProvider time, bool writable, Func<SqliteSession, SqliteWriter?> prepare, bool still = false)
    {
        try
        {
            var session = SqliteSession.Open(path, writable);
            try
            {
                return new SqliteStore(path, time, prepare(session), still);
            }
            catch
            {
                session.Dispose();
                throw;
            }
        }
        catch (SqliteException e)
        {
            throw SqliteErrors.Explain(path, e);
        }
    }

    // Made before SQLite opens it, because SQLite asks the umask. Its -wal and -shm take the mode of the file.
    static void Create(string path)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!); // a file is never a root
            var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            }

            options.Share = FileShare.ReadWrite;
            using var _ = new FileStream(path, options);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StoreException($"the store {path} cannot be made: {e.Message}", transient: false, e);
        }
    }

    Task<T> Write<T>(Func<SqliteSession, DateTimeOffset, T> operation, CancellationToken cancellationToken) =>
        _writer?.RunAsync(operation, cancellationToken)
        ?? throw new StoreException(
            $"the store {_path} was opened for reading only; go through the process that owns it", transient: false);

    Task<T> Read<T>(Func<SqliteSession, T> read, CancellationToken cancellationToken) =>
        _readers.ReadAsync(read, cancellationToken);

    Task<IReadOnlyList<T>> List<T>(
        string statement, Func<SqliteDataReader, T> row, CancellationToken cancellationToken,
        params (string Name, object? Value)[] arguments) =>
        Read<IReadOnlyList<T>>(session => session.All(statement, row, arguments), cancellationToken);
}
