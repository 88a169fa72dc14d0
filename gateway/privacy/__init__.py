"""Redaction of callers' words: words known to be harmless stay, the rest is masked."""
