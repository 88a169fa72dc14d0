"""One running call: events in, orders carried out, the turn recorded."""
