using Beadswarm.Storage.Sql;

namespace Beadswarm.Storage.Postgres;

/// <summary>
/// The writer of a server. Operations that wait are committed together; where one of them fails, each runs again by
/// itself. A lost connection is made anew; a commit whose answer was lost is looked for before anything is run again.
/// </summary>
sealed class PostgresWriter : SqlWriter
{
    /// <summary>Most operations of one transaction: few enough that nobody waits long for its locks.</summary>
    public const int BatchMax = 64;

    const long Silent = -1;

    readonly PostgresAddress _place;
    readonly PostgresLimits _limits;
    readonly TimeProvider _time;
    readonly string _node;
    readonly Guid _writer = Guid.NewGuid();
    PostgresSession? _session;
    long _commit;

    /// <summary>The number of the last transaction that the server said it had kept.</summary>
    long _answered;
    long _announcePause = Silent;
    long? _announcedAt;

    public PostgresWriter(PostgresAddress place, PostgresSession session, string node, PostgresLimits limits,
        TimeProvider time)
        : base(BatchMax)
    {
        _place = place;
        _limits = limits;
        _time = time;
        _node = node;
        _session = session;
        Introduce(session);
        Start();
    }

    /// <summary>
    /// Other processes want to hear of what is written. Announcing takes a lock that all commits of the server share,
    /// so it is done now and then, for all that was written since.
    /// </summary>
    /// <param name="pause">At least so long between two of them; null: nobody wants to hear.</param>
    public void AnnounceEvery(TimeSpan? pause) => Interlocked.Exchange(ref _announcePause, pause?.Ticks ?? Silent);

    /// <summary>Marks what this writer announces.</summary>
    public string Name => $"{_writer}";

    protected override void Close() => _session?.Dispose();

    protected override void Commit(List<SqlOperation> batch)
    {
        // Whoever must be alone is also alone in its transaction.
        var together = new List<SqlOperation>(batch.Count);
        foreach (var operation in batch)
        {
            if (operation.Turn == SqlTurn.Alone)
            {
                CommitTogether(together);
                together.Clear();
                CommitTogether([operation]);
            }
            else
            {
                together.Add(operation);
            }
        }

        CommitTogether(together);
    }

    void CommitTogether(List<SqlOperation> batch)
    {
        if (batch.Count == 0)
        {
            return;
        }

        switch (Try(batch))
        {
            case Outcome.Committed:
                batch.ForEach(operation => operation.Complete());
                break;
            case Outcome.Unreachable(var why):
                batch.ForEach(operation => operation.Fail(why));
                break;
            case Outcome.Failed(var why) when batch.Count == 1:
                batch[0].Fail(why);
                break;
            default:
                // One of them cannot be done; nothing was kept. Alone, the others succeed, and the one hears why.
                batch.ForEach(operation => CommitTogether([operation]));
                break;
        }
    }

    Outcome Try(List<SqlOperation> batch)
    {
        var began = _time.GetTimestamp();
        for (var attempt = 1; ; attempt++)
        {
            var committing = false;
            try
            {
                var session = Connected();
                var now = session.Begin(batch.Max(operation => operation.Turn), _writer, ++_commit);
                batch.ForEach(operation => operation.Run(session, now));
                Announce(session);
                committing = true;
                session.Commit();
                _answered = _commit;
                return new Outcome.Committed();
            }
            catch (Exception e) when (PostgresErrors.IsDisconnection(e))
            {
                Disconnect();
                if (committing && PostgresErrors.LeavesOpen(e) && Look(began) is { } found)
                {
                    return found;
                }

                if (!PostgresErrors.IsTransient(e) || !Wait(began, attempt))
                {
                    return new Outcome.Unreachable(PostgresErrors.Explain(_place, e));
                }
            }
            catch (Exception e) when (PostgresErrors.IsExhausted(e))
            {
                Undo();
                if (!Wait(began, attempt))
                {
                    return new Outcome.Unreachable(PostgresErrors.Explain(_place, e));
                }
            }
            catch (Exception e) when (PostgresErrors.IsCollision(e))
            {
                Undo();
                if (attempt >= _limits.CollisionsMax || !Wait(began, attempt))
                {
                    return new Outcome.Failed(PostgresErrors.Explain(_place, e));
                }
            }
            catch (Exception e)
            {
                // Boundary: an operation's own failure. Its transaction is undone and its caller hears it.
                Undo();
                return new Outcome.Failed(e is Npgsql.PostgresException ? PostgresErrors.Explain(_place, e) : e);
            }
        }
    }

    void Announce(PostgresSession session)
    {
        var pause = Interlocked.Read(ref _announcePause);
        if (pause != Silent && session.HasNews
            && (_announcedAt is not { } last || _time.GetElapsedTime(last).Ticks >= pause))
        {
            session.Announce(Name);
            _announcedAt = _time.GetTimestamp();
        }
    }

    /// <summary>
    /// Whether the commit whose answer was lost came about. Null: it did not, and never will. The row that says so is
    /// locked by the transaction itself, so a server that is still busy with it is waited for.
    /// </summary>
    Outcome? Look(long began)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var last = Connected().First("LookForCommit", row => row.GetInt64(0), ("writer", _writer));
                if (last < _commit)
                {
                    return null;
                }

                _answered = _commit;
                return new Outcome.Committed();
            }
            catch (StoreException unfit)
            {
                return new Outcome.Unreachable(unfit);
            }
            catch (Exception e) when (PostgresErrors.IsDisconnection(e) || PostgresErrors.IsCollision(e))
            {
                Disconnect();
                if (!PostgresErrors.IsTransient(e) || !Wait(began, attempt))
                {
                    return new Outcome.Unreachable(new StoreException(
                        $"the store {_place} did not answer a commit, and has not been reached since: whether it was "
                        + "recorded is not known", transient: true, e));
                }
            }
        }
    }

    PostgresSession Connected()
    {
        if (_session is null)
        {
            var session = PostgresSession.Open(_place);
            try
            {
                PostgresSchema.Require(session, _place);
                Introduce(session);
                RequireAnswered(session);
            }
            catch
            {
                session.Dispose();
                throw;
            }

            _session = session;
        }

        return _session;
    }

    /// <summary>
    /// A server that took over from another, without having had all of it, would be a store in which things have not
    /// happened that were acted upon: nothing goes on upon it unseen.
    /// </summary>
    void RequireAnswered(PostgresSession session)
    {
        var kept = session.First("SelectWriter", row => row.GetInt64(0), ("writer", _writer));
        if (kept < _answered)
        {
            throw new StoreException(
                $"the server of {_place} does not have what it, or the one before it, said it had kept: it took over "
                + "without the last transactions; replicate synchronously (synchronous_standby_names), and start again "
                + "to go on from what there is", transient: false);
        }
    }

    void Introduce(PostgresSession session) => session.Run("AddWriter", ("writer", _writer), ("node", _node));

    void Disconnect()
    {
        _session?.Dispose();
        _session = null;
    }

    void Undo()
    {
        try
        {
            _session?.Rollback();
        }
        catch (Exception e) when (PostgresErrors.IsDisconnection(e) || e is InvalidOperationException)
        {
            // A server that loses the connection rolls back by itself; the driver may have closed it already.
            Disconnect();
        }
    }

    bool Wait(long began, int attempt)
    {
        var pause = _limits.Pause(attempt, Random.Shared.NextDouble());
        return _time.GetElapsedTime(began) + pause < _limits.Patience && !Closing.WaitHandle.WaitOne(pause);
    }

    /// <summary>What became of a transaction.</summary>
    abstract record Outcome
    {
        Outcome() { }

        public sealed record Committed : Outcome;

        /// <summary>The server cannot be reached: it would not be for one operation alone either.</summary>
        public sealed record Unreachable(StoreException Why) : Outcome;

        /// <summary>Rolled back, because of one of its operations.</summary>
        public sealed record Failed(Exception Why) : Outcome;
    }
}
