"""Synthesizers: who speaks, a file each."""
