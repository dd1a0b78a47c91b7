-- Mode pull-request: what is known of a landing's pull request, while it is queued and after.
ALTER TABLE landing ADD COLUMN pull_number INTEGER;
ALTER TABLE landing ADD COLUMN pull_url TEXT;
ALTER TABLE landing ADD COLUMN pull_branch TEXT;
ALTER TABLE landing ADD COLUMN pull_head TEXT;
ALTER TABLE landing ADD COLUMN pull_waits TEXT;
