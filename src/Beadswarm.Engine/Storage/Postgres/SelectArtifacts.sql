SELECT artifact.id, artifact.bead_id, artifact.run, artifact.kind, artifact.name, artifact.sha256, content.bytes,
  artifact.created_at
FROM beadswarm.artifacts artifact JOIN beadswarm.contents content ON content.sha256 = artifact.sha256
WHERE artifact.bead_id = @bead
ORDER BY artifact.id
