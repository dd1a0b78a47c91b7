-- What nobody has worked on begins at the first stage of the pipeline as it is now.
UPDATE bead SET
  rank = CASE WHEN $follow_tracker THEN ordinal ELSE 0 END,
  stage = CASE WHEN state = 'pending' AND last_agent IS NULL THEN $first_stage ELSE stage END
