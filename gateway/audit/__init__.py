"""The audit: where the milliseconds of turns go, and what to do about it."""
