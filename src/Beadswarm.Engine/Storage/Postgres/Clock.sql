SELECT beadswarm.clock()
