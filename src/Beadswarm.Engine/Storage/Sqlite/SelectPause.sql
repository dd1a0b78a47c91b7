SELECT reason, since FROM pause
