"""The shared store of several replicas: Redis, with a copy on each replica's own disk."""
