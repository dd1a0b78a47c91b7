-- A new swarm goes on with what is held or about to land; what waits is begun anew, within its own target and limit.
UPDATE beadswarm.beads SET
  begun_swarm = CASE WHEN state = 'pending' THEN NULL ELSE (SELECT max(id) FROM beadswarm.swarms) END
WHERE state IN ('pending', 'held', 'landing') AND begun_swarm IS NOT NULL
