"""The agents, which answer the turns that the cache does not."""
