"""The live catalogue: tenants, matching threads, verdicts, routes."""
