-- The instant of the transaction that writes, as enter() found it, so that a statement can use it before the client has
-- heard of it. Kept as microseconds: a text of a date depends on settings.
CREATE FUNCTION beadswarm.instant() RETURNS timestamptz LANGUAGE sql STABLE AS
$$ SELECT timestamptz 'epoch' + current_setting('beadswarm.instant')::bigint * interval '1 microsecond' $$;

CREATE OR REPLACE FUNCTION beadswarm.enter(turn text, writer uuid, number bigint) RETURNS timestamptz
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  instant timestamptz;
BEGIN
  IF current_setting('synchronous_commit') IN ('off', 'local') THEN
    PERFORM set_config('synchronous_commit', 'on', true);
  END IF;
  PERFORM set_config('lock_timeout', '20s', true),
    set_config('idle_in_transaction_session_timeout', '20s', true);
  UPDATE beadswarm.writers SET last = number, at = clock_timestamp() WHERE id = writer;
  IF turn = 'alone' THEN
    PERFORM pg_advisory_xact_lock(hashtext('beadswarm.journal'), 1);
  ELSE
    PERFORM pg_advisory_xact_lock_shared(hashtext('beadswarm.journal'), 1);
    IF turn = 'claiming' AND EXISTS (
      SELECT FROM beadswarm.swarms
      WHERE id = (SELECT max(id) FROM beadswarm.swarms) AND (target IS NOT NULL OR begin_limit IS NOT NULL))
    THEN
      PERFORM pg_advisory_xact_lock(hashtext('beadswarm.journal'), 2);
    END IF;
  END IF;
  instant := beadswarm.clock();
  PERFORM set_config('beadswarm.instant', (extract(epoch FROM instant) * 1000000)::bigint::text, true);
  RETURN instant;
END
$$;
