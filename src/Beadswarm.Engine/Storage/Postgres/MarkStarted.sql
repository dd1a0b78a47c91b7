UPDATE beadswarm.beads SET started = true WHERE id = @bead
