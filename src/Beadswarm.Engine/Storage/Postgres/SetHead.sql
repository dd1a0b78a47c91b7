UPDATE beadswarm.beads SET head_commit = @head_commit, head_tree = @head_tree WHERE id = @bead
