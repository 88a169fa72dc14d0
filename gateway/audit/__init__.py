"""Where the milliseconds of turns go, and what to do about it."""
