"""Commands that ask a running server, by its admin API."""
