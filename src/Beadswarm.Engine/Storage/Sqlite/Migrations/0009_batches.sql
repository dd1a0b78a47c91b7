-- The commit that takes in several landings, and the target that it was made for.
ALTER TABLE landing ADD COLUMN intent_batch_base TEXT;
ALTER TABLE landing ADD COLUMN intent_batch TEXT;
