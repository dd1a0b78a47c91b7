DELETE FROM agent WHERE number NOT IN (SELECT value FROM json_each($agents))
