UPDATE beadswarm.nodes SET ended = @ended, ended_at = @now WHERE name = @name
