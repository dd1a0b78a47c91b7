UPDATE beadswarm.beads SET started = false WHERE id = @bead
