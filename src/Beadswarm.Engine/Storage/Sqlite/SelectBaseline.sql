SELECT count FROM baseline WHERE gate = $gate
