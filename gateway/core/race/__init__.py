"""The hedge: one answer from two streams."""
