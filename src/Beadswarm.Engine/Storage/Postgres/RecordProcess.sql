UPDATE beadswarm.stage_history SET pid = @pid, pid_start_ticks = @start_ticks, boot_id = @boot_id,
  process_folder = @folder, process_tag = @tag
WHERE id = @run AND bead_id = @bead AND status = 'started'
