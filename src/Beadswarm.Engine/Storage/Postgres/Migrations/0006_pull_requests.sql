-- Mode pull-request: what is known of a landing's pull request, while it is queued and after.
ALTER TABLE beadswarm.landings ADD COLUMN pull_number integer;
ALTER TABLE beadswarm.landings ADD COLUMN pull_url text;
ALTER TABLE beadswarm.landings ADD COLUMN pull_branch text;
ALTER TABLE beadswarm.landings ADD COLUMN pull_head text;
ALTER TABLE beadswarm.landings ADD COLUMN pull_waits text;
