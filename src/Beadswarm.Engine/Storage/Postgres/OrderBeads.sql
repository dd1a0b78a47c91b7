-- What nobody has worked on begins at the first stage of the pipeline as it is now. Rows that are so already stay.
UPDATE beadswarm.beads SET
  rank = CASE WHEN @follow_tracker THEN ordinal ELSE 0 END,
  stage = CASE WHEN state = 'pending' AND last_agent IS NULL THEN @first_stage ELSE stage END
WHERE rank <> CASE WHEN @follow_tracker THEN ordinal ELSE 0 END
  OR state = 'pending' AND last_agent IS NULL AND stage <> @first_stage
