SELECT beadswarm.enter(@turn, @writer, @number)
