"""Measurements, for operators and for ourselves: queries, curves, rivals, clusters, suggestions."""
