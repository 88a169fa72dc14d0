"""Who answers what the cache does not."""
