"""Judges of whether the caller has finished, by the sound of it."""
