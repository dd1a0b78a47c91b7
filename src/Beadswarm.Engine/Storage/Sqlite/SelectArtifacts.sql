SELECT artifact.id, artifact.bead, artifact.run, artifact.kind, artifact.name, artifact.sha256, content.bytes,
  artifact.created_at
FROM artifact JOIN content ON content.sha256 = artifact.sha256
WHERE artifact.bead = $bead
ORDER BY artifact.id
