SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY type, name
