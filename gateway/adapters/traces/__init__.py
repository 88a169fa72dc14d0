"""Traces of turns, sent to a collector by OpenTelemetry's own SDK."""
