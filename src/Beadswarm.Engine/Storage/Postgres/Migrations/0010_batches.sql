-- The commit that takes in several landings, and the target that it was made for.
ALTER TABLE beadswarm.landings ADD COLUMN intent_batch_base text;
ALTER TABLE beadswarm.landings ADD COLUMN intent_batch text;
