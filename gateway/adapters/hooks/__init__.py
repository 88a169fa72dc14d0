"""Webhooks: signed requests to the operator's own systems, retried from a journal on disk."""
