UPDATE beadswarm.beads SET base_commit = @base_commit, branch = @branch WHERE id = @bead
